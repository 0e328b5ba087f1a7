//! From the configuration to RabbitMQ's settings: for a role, and for setting the broker up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use checkmate_domain::Secret;
use checkmate_queue::rabbitmq::admin::{AdminConfig, Role, RoleUser};
use checkmate_queue::rabbitmq::{Management, RabbitConfig};

use crate::config::{self, BrokerConfig};

/// What RabbitMQ does without a setting.
const CONSUMER_TIMEOUT: Duration = Duration::from_mins(30);
/// For one question to the management API.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// For a process that publishes and consumes.
///
/// # Errors
/// A secret file, CA file or URL that cannot be used.
pub fn config(section: &BrokerConfig, url: &str, role: &str) -> anyhow::Result<RabbitConfig> {
    let password = password(section)?;
    let mut rabbit = RabbitConfig::from_url(url, password.clone(), role)?;
    if let (Some(tls), Some(ca)) = (rabbit.tls.as_mut(), &section.ca_file) {
        tls.extra_ca = Some(pem(ca)?);
    }
    rabbit.management = management(section, &rabbit.user, &password)?;
    Ok(rabbit)
}

/// For `broker setup|check`.
///
/// # Errors
/// A secret file, CA file or URL that cannot be used, or no management API.
pub fn admin(section: &BrokerConfig, url: &str) -> anyhow::Result<AdminConfig> {
    let rabbit = config(section, url, "setup")?;
    let management = rabbit.management.context(
        "broker.management_url is not set: 'broker setup' and 'broker check' talk to the management API, \
         for example http://rabbit.example.com:15672",
    )?;
    let users = Role::ALL.into_iter().map(|role| {
        let password = section.role_password_files.get(role.as_str());
        let password = password.map(|file| config::secret(file)).transpose()?.map(Arc::new);
        Ok(RoleUser { role, name: format!("checkmate-{role}"), password })
    });
    Ok(AdminConfig {
        management,
        vhost: rabbit.vhost,
        users: users.collect::<anyhow::Result<_>>()?,
        consumer_timeout: section.consumer_timeout.map_or(CONSUMER_TIMEOUT, |span| span.0),
        answer_timeout: ANSWER_WITHIN,
    })
}

/// Refuses settings under which the broker would take a job away from a worker that is still at it.
///
/// # Errors
/// With both values and what to change.
pub fn check_time_limit(config: &config::Config) -> anyhow::Result<()> {
    let timeout = config.broker.consumer_timeout.map_or(CONSUMER_TIMEOUT, |span| span.0);
    let needed = config.scan.time_limit.0 + config.grace.0;
    anyhow::ensure!(
        needed < timeout,
        "scan.time_limit plus grace ({needed:?}) does not fit into broker.consumer_timeout ({timeout:?}): RabbitMQ would take \
         a job away while it runs. Lower scan.time_limit, or raise consumer_timeout in rabbitmq.conf and say so in the configuration",
    );
    Ok(())
}

fn password(section: &BrokerConfig) -> anyhow::Result<Arc<Secret>> {
    let file = section.password_file.as_deref();
    let file = file.context(
        "broker.password_file is not set: put the password of the user in broker.url into a file (mode 600)",
    )?;
    Ok(Arc::new(config::secret(file)?))
}

fn management(
    section: &BrokerConfig,
    user: &str,
    password: &Arc<Secret>,
) -> anyhow::Result<Option<Management>> {
    let Some(url) = &section.management_url else { return Ok(None) };
    let own = section.management_password_file.as_deref().map(config::secret).transpose()?;
    Ok(Some(Management {
        url: url.parse().with_context(|| format!("broker.management_url '{url}' is not a URL"))?,
        user: section.management_user.clone().unwrap_or_else(|| user.to_owned()),
        password: own.map_or_else(|| password.clone(), Arc::new),
        extra_ca: section.ca_file.as_deref().map(pem).transpose()?,
    }))
}

fn pem(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read the CA file {}", file.display()))
}

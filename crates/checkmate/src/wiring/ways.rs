//! How each route sends, as the configuration says. What the files hold is read only where somebody sends.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use checkmate_domain::{Scopes, Secret};
use checkmate_notifier::deliver::{Channel, Way, Ways};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::policy::{Destination, Route};
use checkmate_notifier::teams::{self, channel, workflow};
use checkmate_notifier::{confluence, jira, webhook};
use checkmate_outbound::{BaseUrl, SecretUrl};
use checkmate_scanners::Provider;

use crate::config::{self, Config, ConnectionConfig, RouteConfig, Sending};
use crate::view::plain;

/// Where Atlassian's sites are reached with a token of an account.
const ATLASSIAN: &str = "https://api.atlassian.com/ex";
/// Where Teams is reached.
const GRAPH: &str = "https://graph.microsoft.com/v1.0";
/// What an account needs besides, so that a message whose answer was lost is looked for.
const READS: &str = "ChannelMessage.Read.All";
/// Shares of the time for which a lost ticket is looked for: often at first, as the search is seconds late, rarely minutes.
const LOOKS: [u32; 5] = [1, 3, 9, 24, 60];

/// A route that can send, before anybody has looked into its files.
enum Planned {
    /// By an account.
    Leased(String, Channel),
    /// By the address in a file.
    Workflow(PathBuf, Times),
    /// Signed, to an address.
    Webhook { to: Address, key: PathBuf, before: Option<PathBuf>, times: Times },
}

/// The address of a webhook.
enum Address {
    Written(String),
    InFile(PathBuf),
}

/// Routes that send.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn ways(config: &Config) -> anyhow::Result<Ways> {
    let mut ways = Ways::new();
    for (name, one) in &config.routes {
        if let Some(planned) = planned(config, name, one)? {
            let (connection, channel) = planned.open(name).with_context(|| format!("[routes.{name}]"))?;
            ways.insert(name.clone(), Way { route: route(config, one), connection, channel });
        }
    }
    Ok(ways)
}

/// A route, with what its connection allows.
#[must_use]
pub fn route(config: &Config, one: &RouteConfig) -> Route {
    let mut route = one.route.clone();
    if let Destination::Confluence(pages) = &mut route.to {
        let account = one.sending.connection.as_ref().and_then(|name| config.connections.get(name));
        pages.files = account.is_some_and(|account| allows(account, confluence::FILES).unwrap_or(false));
    }
    route
}

/// What routes that should send still need, as far as the configuration tells without a look at a file.
#[must_use]
pub fn unconfigured(config: &Config) -> Vec<String> {
    let of =
        |(name, one): (&String, &RouteConfig)| planned(config, name, one).err().map(|why| why.to_string());
    config.routes.iter().filter_map(of).collect()
}

/// Routes that send nothing, and what they would need.
#[must_use]
pub fn silent(config: &Config) -> Vec<String> {
    let without = |(name, one): (&String, &RouteConfig)| {
        let needs = match one.route.to {
            Destination::Jira(_) | Destination::Confluence(_) => "connection",
            Destination::Teams => "connection or url_file",
            Destination::Webhook => "url or url_file",
        };
        is_silent(one).then(|| format!("[routes.{name}] has no {needs}: nothing is sent by it"))
    };
    config.routes.iter().filter_map(without).collect()
}

const fn is_silent(one: &RouteConfig) -> bool {
    let Sending { connection, url, url_file, .. } = &one.sending;
    match one.route.to {
        Destination::Jira(_) | Destination::Confluence(_) => connection.is_none(),
        Destination::Teams => connection.is_none() && url_file.is_none(),
        Destination::Webhook => url.is_none() && url_file.is_none(),
    }
}

/// How a route sends; nothing where it should not.
fn planned(config: &Config, name: &str, one: &RouteConfig) -> anyhow::Result<Option<Planned>> {
    if is_silent(one) {
        return Ok(None);
    }
    let sending = &one.sending;
    Ok(Some(match one.route.to {
        Destination::Jira(_) => {
            let (connection, _) = account(config, name, one, Provider::Atlassian, "Jira")?;
            let base = atlassian(name, sending, "jira")?;
            Planned::Leased(connection, Channel::Jira(jira::Settings { base, times: ticket_times(config)? }))
        }
        Destination::Confluence(_) => {
            let (connection, account) = account(config, name, one, Provider::Atlassian, "Confluence")?;
            Planned::Leased(connection, Channel::Confluence(pages(config, name, sending, account)?))
        }
        Destination::Teams => match &sending.url_file {
            Some(_) if sending.connection.is_some() => bail!(
                "[routes.{name}] has a connection and a url_file: leave one of them out, or each card is posted by one of two ways"
            ),
            Some(file) => Planned::Workflow(file.clone(), times(config, teams::times())?),
            None => {
                let (connection, account) = account(config, name, one, Provider::MicrosoftTeams, "Teams")?;
                Planned::Leased(connection, Channel::Teams(messages(config, name, sending, account)?))
            }
        },
        Destination::Webhook => events(config, name, sending)?,
    }))
}

/// The account that a route sends by.
fn account<'a>(
    config: &'a Config,
    name: &str,
    one: &RouteConfig,
    at: Provider,
    to: &str,
) -> anyhow::Result<(String, &'a ConnectionConfig)> {
    let connection = one.sending.connection.clone().unwrap_or_default();
    let shown = plain(&connection, 100);
    let Some(account) = config.connections.get(&connection) else {
        bail!(
            "[routes.{name}] sends by the connection '{shown}', and there is no [connections.{shown}]: add it, or name one that \
             is there"
        )
    };
    if account.provider != at {
        bail!(
            "[routes.{name}] goes to {to}, and [connections.{connection}] is an account at {}: name one at {}",
            account.provider.as_str(),
            at.as_str()
        )
    }
    Ok((connection, account))
}

/// Where a site is asked for one of its products.
fn atlassian(name: &str, sending: &Sending, product: &str) -> anyhow::Result<BaseUrl> {
    if let Some(base) = &sending.base_url {
        return Ok(base.parse()?);
    }
    let Some(cloud) = &sending.cloud_id else {
        bail!(
            "[routes.{name}] sends to {product} and has no cloud_id: open https://SITE.atlassian.net/_edge/tenant_info with the \
             name of your site and copy it"
        )
    };
    Ok(format!("{ATLASSIAN}/{product}/{cloud}").parse()?)
}

fn pages(
    config: &Config,
    name: &str,
    sending: &Sending,
    account: &ConnectionConfig,
) -> anyhow::Result<confluence::Settings> {
    let Some(space) = sending.space.clone() else {
        bail!(
            "[routes.{name}] sends to Confluence and has no space: copy its key, which stands behind /spaces/ in the address of \
             each of its pages"
        )
    };
    Ok(confluence::Settings {
        base: atlassian(name, sending, "confluence")?,
        space,
        parent: sending.parent_page.clone(),
        files: allows(account, confluence::FILES)?,
        times: times(config, confluence::times())?,
    })
}

fn messages(
    config: &Config,
    name: &str,
    sending: &Sending,
    account: &ConnectionConfig,
) -> anyhow::Result<channel::Settings> {
    let (Some(team), Some(channel)) = (sending.team_id.clone(), sending.channel_id.clone()) else {
        bail!(
            "[routes.{name}] sends to Teams and has no team_id or no channel_id: take 'Get link to channel' in Teams; groupId is \
             the team_id, and what stands behind /channel/ the channel_id, with ':' for %3A and '@' for %40"
        )
    };
    Ok(channel::Settings {
        base: sending.base_url.as_deref().unwrap_or(GRAPH).parse()?,
        team,
        channel,
        pace: channel::PACE,
        reads: allows(account, READS)?,
        times: times(config, teams::times())?,
    })
}

/// Whether a connection has a scope.
fn allows(account: &ConnectionConfig, scope: &str) -> anyhow::Result<bool> {
    let scope: Scopes = scope.parse()?;
    Ok(account.scopes.missing(&scope).is_empty())
}

fn events(config: &Config, name: &str, sending: &Sending) -> anyhow::Result<Planned> {
    let to = match (&sending.url, &sending.url_file) {
        (Some(_), Some(_)) => bail!("[routes.{name}] has url and url_file: leave one of them out"),
        (Some(url), None) => Address::Written(url.clone()),
        (None, file) => Address::InFile(file.clone().unwrap_or_default()),
    };
    let Some(key) = sending.key_file.clone() else {
        bail!(
            "[routes.{name}] sends events and has no key_file that signs them: make one with \
             (umask 077; head -c 32 /dev/urandom | base64 > webhook.key) and give it to the receiver"
        )
    };
    let (before, times) = (sending.previous_key_file.clone(), times(config, webhook::times())?);
    Ok(Planned::Webhook { to, key, before, times })
}

impl Planned {
    /// With what the files hold.
    fn open(self, name: &str) -> anyhow::Result<(Option<String>, Channel)> {
        let name = name.to_owned();
        Ok(match self {
            Self::Leased(connection, channel) => (Some(connection), channel),
            Self::Workflow(file, times) => {
                let url = workflow::WorkflowUrl::read(&config::secret(&file)?);
                let url = url.with_context(|| format!("secret file {}", file.display()))?;
                (None, Channel::Workflow(workflow::Settings { name, url, pace: workflow::PACE, times }))
            }
            Self::Webhook { to, key, before, times } => {
                let url = to.read()?;
                let before = before.as_deref().map(config::signing_key).transpose()?;
                let keys = webhook::Keys::new(config::signing_key(&key)?, before)?;
                (None, Channel::Webhook(webhook::Settings { name, url, keys: Arc::new(keys), times }))
            }
        })
    }
}

impl Address {
    fn read(self) -> anyhow::Result<SecretUrl> {
        match self {
            Self::Written(url) => SecretUrl::read(&Secret::new(url.into_bytes())).context("url"),
            Self::InFile(file) => SecretUrl::read(&config::secret(&file)?)
                .with_context(|| format!("secret file {}", file.display())),
        }
    }
}

/// When the steps of a delivery are due. A sender is taken for dead later than its request can end.
fn times(config: &Config, of_channel: Times) -> anyhow::Result<Times> {
    let (hold, request) = (config.notifier.delivery_hold, config.outbound.total_timeout);
    if hold.0 <= request.0 {
        bail!(
            "notifier.delivery_hold is {hold} and outbound.total_timeout {request}: the first has to be longer, or two send the \
             same at once"
        )
    }
    Ok(Times { hold: hold.0, ..of_channel })
}

fn ticket_times(config: &Config) -> anyhow::Result<Times> {
    let all: u32 = LOOKS.iter().sum();
    let looks = LOOKS.map(|share| config.notifier.look_for.0 * share / all).to_vec();
    Ok(Times { looks, ..times(config, jira::times())? })
}

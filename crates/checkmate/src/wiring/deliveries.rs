//! What is sent to the outside: routes that send, and whoever leases for them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::bail;
use async_trait::async_trait;
use checkmate_domain::{DeliveryRecord, JobId, ScanId, Scopes};
use checkmate_notifier::deliver::{Channel, Leases, Way, Ways};
use checkmate_notifier::jira::{self, Access, Held, NoAccess};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::Destination;
use checkmate_outbound::{BaseUrl, Client, Outbound, SettingsError};
use checkmate_scanners::Provider;
use checkmate_service::metrics;
use checkmate_store::Store;
use checkmate_vault::{AuditSink, Connection, LeaseClass, LeaseError, LeaseRequest, Turns, Vault};
use tokio::sync::Mutex;

use crate::config::{Config, RouteConfig};
use crate::view::plain;
use crate::wiring::vault;

/// Where Atlassian's sites are reached with a token of an account.
const ATLASSIAN: &str = "https://api.atlassian.com/ex/jira";
/// Shares of the time for which a lost ticket is looked for: often at first, as the search is seconds late, rarely minutes.
const LOOKS: [u32; 5] = [1, 3, 9, 24, 60];
/// Until a delivery asks again for its turn at an account.
const TURN: Duration = Duration::from_secs(2);
/// A delivery comes back after so long when the audit trail cannot be written.
const AUDIT_AWAY: Duration = Duration::from_secs(5);
/// Credentials that a vendor may refuse one delivery before it gives up.
const RENEWALS: u32 = 3;

/// What the notifier sends with.
#[derive(Clone)]
pub struct Deliveries {
    /// Routes that send.
    pub ways: Arc<Ways>,
    /// Who leases for them.
    pub leases: Arc<dyn Leases>,
}

/// What sends, where any route does.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn deliveries(
    config: &Config,
    store: &Arc<dyn Store>,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
) -> anyhow::Result<Option<Deliveries>> {
    let ways = ways(config)?;
    if ways.is_empty() {
        return Ok(None);
    }
    let Some(vault) = vault::token_vault(config, audit, turns)? else {
        bail!(
            "a route has a connection, and auth0.domain is not set: nothing can be leased; see docs/credentials.md"
        )
    };
    let outbound = vault::outbound(config, store)?;
    let connections = config.connections.iter();
    let connections = connections.map(|(name, one)| (name.clone(), vault::connection(name, one))).collect();
    let lessor = Arc::new(Lessor { vault, outbound, connections });
    Ok(Some(Deliveries { ways: Arc::new(ways), leases: Arc::new(VaultLeases(lessor)) }))
}

/// Whose each tenant is.
#[must_use]
pub fn organisations(config: &Config) -> Organisations {
    let named = config
        .tenants
        .values()
        .filter_map(|tenant| Some((format!("auth0:{}", tenant.domain), tenant.organisation.clone()?)));
    Organisations::new(named)
}

/// What routes that should send still need, as far as the configuration tells.
#[must_use]
pub fn unconfigured(config: &Config) -> Vec<String> {
    let of = |(name, one): (&String, &RouteConfig)| way(config, name, one).err().map(|why| why.to_string());
    config.routes.iter().filter_map(of).collect()
}

/// Routes that send nothing, and what they would need.
#[must_use]
pub fn silent(config: &Config) -> Vec<String> {
    let no_connection = |(name, one): (&String, &RouteConfig)| {
        one.connection.is_none().then(|| format!("[routes.{name}] has no connection: nothing is sent by it"))
    };
    config.routes.iter().filter_map(no_connection).collect()
}

fn ways(config: &Config) -> anyhow::Result<Ways> {
    let mut ways = Ways::new();
    for (name, one) in &config.routes {
        if let Some(way) = way(config, name, one)? {
            ways.insert(name.clone(), way);
        }
    }
    Ok(ways)
}

/// How a route sends; nothing where it has no connection.
fn way(config: &Config, name: &str, one: &RouteConfig) -> anyhow::Result<Option<Way>> {
    let Some(connection) = &one.connection else { return Ok(None) };
    let Some(account) = config.connections.get(connection) else {
        bail!(
            "[routes.{name}] sends by the connection '{}', and there is no [connections.{}]: add it, or name one that is there",
            plain(connection, 100),
            plain(connection, 100)
        )
    };
    let channel = match one.route.to {
        Destination::Jira(_) => {
            if account.provider != Provider::Atlassian {
                bail!(
                    "[routes.{name}] goes to Jira, and [connections.{connection}] is an account at {}: name one at atlassian",
                    account.provider.as_str()
                )
            }
            Channel::Jira(jira::Settings { base: jira_base(name, one)?, times: times(config)? })
        }
        Destination::Teams | Destination::Confluence | Destination::Webhook => bail!(
            "[routes.{name}] has a connection, and this release sends to Jira only: leave the connection out, and \
             'notify preview' shows what would be sent"
        ),
    };
    Ok(Some(Way { route: one.route.clone(), connection: connection.clone(), channel }))
}

/// When the steps of a delivery are due. A sender is taken for dead later than its request can end.
fn times(config: &Config) -> anyhow::Result<Times> {
    let (hold, request) = (config.notifier.delivery_hold, config.outbound.total_timeout);
    if hold.0 <= request.0 {
        bail!(
            "notifier.delivery_hold is {hold} and outbound.total_timeout {request}: the first has to be longer, or two send the \
             same at once"
        )
    }
    let all: u32 = LOOKS.iter().sum();
    let looks = LOOKS.map(|share| config.notifier.look_for.0 * share / all).to_vec();
    Ok(Times { hold: hold.0, looks, ..jira::times() })
}

fn jira_base(name: &str, one: &RouteConfig) -> anyhow::Result<BaseUrl> {
    if let Some(base) = &one.base_url {
        return Ok(base.parse()?);
    }
    let Some(cloud) = &one.cloud_id else {
        bail!(
            "[routes.{name}] sends to Jira and has no cloud_id: open https://SITE.atlassian.net/_edge/tenant_info with the name \
             of your site and copy it"
        )
    };
    Ok(format!("{ATLASSIAN}/{cloud}").parse()?)
}

/// The vault, the way out, and accounts by their names in the configuration.
struct Lessor {
    vault: Vault,
    outbound: Outbound,
    connections: BTreeMap<String, Connection>,
}

/// Leases for deliveries, from the vault.
struct VaultLeases(Arc<Lessor>);

impl Leases for VaultLeases {
    fn of(&self, way: &Way, delivery: &DeliveryRecord) -> Arc<dyn Access> {
        let job = JobId::new(delivery.id.as_str()).ok();
        self.lease(way, job, delivery.scan.clone(), format!("delivery {}", delivery.id))
    }

    fn watch(&self, way: &Way) -> Arc<dyn Access> {
        self.lease(way, None, None, "what people did to tickets".to_owned())
    }
}

impl VaultLeases {
    fn lease(&self, way: &Way, job: Option<JobId>, scan: Option<ScanId>, purpose: String) -> Arc<dyn Access> {
        Arc::new(DeliveryLease {
            lessor: Arc::clone(&self.0),
            connection: way.connection.clone(),
            scopes: way.channel.scopes(),
            job,
            scan,
            purpose,
            client: OnceLock::new(),
            held: Mutex::default(),
        })
    }
}

/// The lease of one turn, and its connections. Overwritten and closed when it is dropped.
struct DeliveryLease {
    lessor: Arc<Lessor>,
    connection: String,
    scopes: &'static [&'static str],
    job: Option<JobId>,
    scan: Option<ScanId>,
    purpose: String,
    client: OnceLock<Result<Client, SettingsError>>,
    held: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    held: Option<Arc<Held>>,
    renewals: u32,
}

impl DeliveryLease {
    async fn ask(&self) -> Result<Arc<Held>, NoAccess> {
        let name = &self.connection;
        let connection = self.lessor.connections.get(name).ok_or_else(|| {
            NoAccess::Unusable(format!("no connection {name} is configured: see [connections.{name}]"))
        })?;
        let scopes: Scopes = self
            .scopes
            .join(" ")
            .parse()
            .map_err(|error| NoAccess::Unusable(format!("the scopes of a delivery are {error}")))?;
        let request = LeaseRequest {
            job: self.job.clone(),
            scan: self.scan.clone(),
            connection,
            scopes,
            purpose: self.purpose.clone(),
        };
        let began = Instant::now();
        let leased = self.lessor.vault.lease(self.client()?, &request).await;
        let outcome = leased.as_ref().map_or_else(|error| error.class.word(), |_| "granted");
        metrics::credential(outcome, began.elapsed());
        let lease = leased.map_err(|error| none(&error))?;
        Ok(Arc::new(Held { secret: lease.into_secret() }))
    }
}

#[async_trait]
impl Access for DeliveryLease {
    async fn lease(&self) -> Result<Arc<Held>, NoAccess> {
        // Held while it asks: however many calls one turn makes, it is one lease.
        let mut kept = self.held.lock().await;
        if let Some(held) = &kept.held {
            return Ok(Arc::clone(held));
        }
        let held = self.ask().await?;
        kept.held = Some(Arc::clone(&held));
        Ok(held)
    }

    async fn renew(&self, old: &Held) -> Result<Arc<Held>, NoAccess> {
        let mut kept = self.held.lock().await;
        if let Some(held) = &kept.held
            && !std::ptr::eq(&raw const **held, std::ptr::from_ref(old))
        {
            return Ok(Arc::clone(held));
        }
        if kept.renewals >= RENEWALS {
            return Err(NoAccess::Unusable(format!(
                "connection {}: the vendor took none of {RENEWALS} fresh credentials",
                self.connection
            )));
        }
        kept.renewals += 1;
        kept.held = None;
        let held = self.ask().await?;
        kept.held = Some(Arc::clone(&held));
        Ok(held)
    }

    fn client(&self) -> Result<&Client, NoAccess> {
        let made = self.client.get_or_init(|| self.lessor.outbound.client());
        made.as_ref().map_err(|error| NoAccess::Later(error.to_string(), None))
    }
}

fn none(error: &LeaseError) -> NoAccess {
    let text = error.to_string();
    match error.class {
        LeaseClass::NeedsConnect | LeaseClass::Misconfigured | LeaseClass::Denied => NoAccess::Unusable(text),
        LeaseClass::Transient { again_in } => NoAccess::Later(text, again_in),
        LeaseClass::Busy => NoAccess::Later(text, Some(TURN)),
        LeaseClass::NoAudit => NoAccess::Later(error.said.clone(), Some(AUDIT_AWAY)),
    }
}

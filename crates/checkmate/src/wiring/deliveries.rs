//! What is sent to the outside: routes that send, and whoever leases for them.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::bail;
use async_trait::async_trait;
use checkmate_domain::{DeliveryRecord, JobId, ScanId, Scopes};
use checkmate_notifier::deliver::{Leases, Way, Ways};
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::sender::{Access, Held, NoAccess};
use checkmate_outbound::{Client, SettingsError};
use checkmate_service::metrics;
use checkmate_store::Store;
use checkmate_vault::{AuditSink, LeaseClass, LeaseError, LeaseRequest, Turns};
use checkmate_worker::Lessor;
use tokio::sync::Mutex;

use crate::config::Config;
use crate::wiring::{vault, ways};

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

/// What sends, where any route does; by the process's own lessor, where it has one.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn deliveries(
    config: &Config,
    store: &Arc<dyn Store>,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
    lessor: Option<Arc<Lessor>>,
) -> anyhow::Result<Option<Deliveries>> {
    let ways = ways::ways(config)?;
    if ways.is_empty() {
        return Ok(None);
    }
    let leases = ways.values().any(|way| way.connection.is_some());
    let lessor = match lessor {
        Some(lessor) => lessor,
        // Keys are read by those only who use them.
        None => {
            let vault = if leases { vault::token_vault(config, audit, turns)? } else { None };
            Arc::new(vault::of_accounts(config, store, vault)?)
        }
    };
    if leases && lessor.vault.is_none() {
        bail!(
            "a route has a connection, and auth0.domain is not set: nothing can be leased; see docs/credentials.md"
        )
    }
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
    /// None where nothing is leased.
    connection: Option<String>,
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
    fn name(&self) -> &str {
        self.connection.as_deref().unwrap_or_default()
    }

    async fn ask(&self) -> Result<Arc<Held>, NoAccess> {
        let name = self.name();
        let (Some(vault), Some(connection)) = (&self.lessor.vault, self.lessor.connections.get(name)) else {
            return Err(NoAccess::Unusable(format!(
                "no connection '{name}' is configured: see [connections] in docs/configuration.md"
            )));
        };
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
        let leased = vault.lease(self.client()?, &request).await;
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
                self.name()
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

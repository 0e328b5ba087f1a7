//! The credentials of one attempt: leased when they are needed, kept no longer than the attempt.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{JobId, ScanId};
use checkmate_outbound::{Client, Outbound, SettingsError};
use checkmate_scanners::{Credentials, Held, Need, NoCredential};
use checkmate_service::metrics;
use checkmate_vault::{Connection, Lease, LeaseClass, LeaseError, LeaseRequest, ManagementRequest, Vault};
use tokio::sync::Mutex;

/// A job that is sent away because the audit trail cannot be written comes back after so long.
const AUDIT_AWAY: Duration = Duration::from_secs(5);
/// Until a job asks again for its turn at an account.
const TURN: Duration = Duration::from_secs(2);
/// Credentials that one job may have refused by a vendor before it gives up.
const RENEWALS: u32 = 3;

/// Who leases: one for the process. Holds no credential.
pub struct Lessor {
    /// The tenant whose Token Vault keeps the accounts; none where none is configured.
    pub vault: Option<Vault>,
    /// Tenants that are scanned, by their own hosts: each has a client of its own for its Management API.
    pub tenants: BTreeMap<String, Vault>,
    /// The way out.
    pub outbound: Outbound,
    /// Accounts by their names in the configuration.
    pub connections: BTreeMap<String, Connection>,
}

/// The leases of one attempt. Everything in it is overwritten when it is dropped.
pub struct JobLeases {
    lessor: Arc<Lessor>,
    /// None for a person at the terminal.
    job: Option<JobId>,
    scan: Option<ScanId>,
    client: OnceLock<Result<Client, SettingsError>>,
    held: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_connection: BTreeMap<String, Arc<Held>>,
    renewals: u32,
}

impl JobLeases {
    pub(crate) fn new(lessor: Arc<Lessor>, job: &JobId, scan: &ScanId) -> Self {
        let (job, scan) = (Some(job.clone()), Some(scan.clone()));
        Self { lessor, job, scan, client: OnceLock::new(), held: Mutex::default() }
    }

    /// For a person at the terminal, without a job.
    #[must_use]
    pub fn of_a_person(lessor: Arc<Lessor>) -> Self {
        Self { lessor, job: None, scan: None, client: OnceLock::new(), held: Mutex::default() }
    }

    async fn ask(&self, need: &Need) -> Result<Arc<Held>, NoCredential> {
        let (client, began) = (self.client()?, Instant::now());
        let leased = match need.connection.strip_prefix("auth0:") {
            Some(domain) => self.of_tenant(client, domain, need).await?,
            None => self.of_account(client, need).await?,
        };
        let outcome = leased.as_ref().map_or_else(|error| error.class.word(), |_| "granted");
        metrics::credential(outcome, began.elapsed());
        Ok(Arc::new(held(leased.map_err(|error| none(&error))?)))
    }

    async fn of_account(
        &self,
        client: &Client,
        need: &Need,
    ) -> Result<Result<Lease, LeaseError>, NoCredential> {
        let name = &need.connection;
        let unknown =
            || NoCredential::Refused(format!("no connection {name} is configured: see [connections.{name}]"));
        let vault = self.lessor.vault.as_ref().ok_or_else(unknown)?;
        let request = LeaseRequest {
            job: self.job.clone(),
            scan: self.scan.clone(),
            connection: self.lessor.connections.get(name).ok_or_else(unknown)?,
            scopes: need.scopes.clone(),
            purpose: need.purpose.clone(),
        };
        Ok(vault.lease(client, &request).await)
    }

    /// What the token may is for the scanner to look at: it says of each check whether it could be asked.
    async fn of_tenant(
        &self,
        client: &Client,
        domain: &str,
        need: &Need,
    ) -> Result<Result<Lease, LeaseError>, NoCredential> {
        let vault = self.lessor.tenants.get(domain).ok_or_else(|| {
            NoCredential::Refused(format!("no tenant {domain} is configured: see [tenants]"))
        })?;
        let request = ManagementRequest {
            job: self.job.clone(),
            scan: self.scan.clone(),
            scopes: need.scopes.clone(),
            purpose: need.purpose.clone(),
        };
        Ok(vault.management(client, &request).await)
    }
}

#[async_trait]
impl Credentials for JobLeases {
    async fn lease(&self, need: &Need) -> Result<Arc<Held>, NoCredential> {
        // Held while it asks: two calls of one job for one connection are one lease.
        let mut kept = self.held.lock().await;
        if let Some(held) = kept.by_connection.get(&need.connection)
            && (is_tenant(need) || held.granted.is_empty() || held.granted.missing(&need.scopes).is_empty())
        {
            return Ok(Arc::clone(held));
        }
        let held = self.ask(need).await?;
        kept.by_connection.insert(need.connection.clone(), Arc::clone(&held));
        Ok(held)
    }

    async fn renew(&self, need: &Need, old: &Held) -> Result<Arc<Held>, NoCredential> {
        let mut kept = self.held.lock().await;
        // Another call of this job has renewed it meanwhile.
        if let Some(held) = kept.by_connection.get(&need.connection)
            && !std::ptr::eq(&raw const **held, std::ptr::from_ref(old))
        {
            return Ok(Arc::clone(held));
        }
        if kept.renewals >= RENEWALS {
            let text = format!(
                "connection {}: the vendor took none of {RENEWALS} fresh credentials",
                need.connection
            );
            return Err(NoCredential::Refused(text));
        }
        kept.renewals += 1;
        kept.by_connection.remove(&need.connection);
        let held = self.ask(need).await?;
        kept.by_connection.insert(need.connection.clone(), Arc::clone(&held));
        Ok(held)
    }

    fn client(&self) -> Result<&Client, NoCredential> {
        let made = self.client.get_or_init(|| self.lessor.outbound.client());
        made.as_ref().map_err(|error| NoCredential::Transient(error.to_string(), None))
    }
}

/// A tenant's token is what it is: asking again brings the same.
fn is_tenant(need: &Need) -> bool {
    need.connection.starts_with("auth0:")
}

fn held(lease: Lease) -> Held {
    let (granted, expires_at, account) =
        (lease.granted().clone(), lease.expires_at(), lease.account().clone());
    Held { secret: lease.into_secret(), granted, expires_at, account }
}

fn none(error: &LeaseError) -> NoCredential {
    let text = error.to_string();
    match error.class {
        LeaseClass::NeedsConnect => NoCredential::NeedsConnect(text),
        LeaseClass::Misconfigured | LeaseClass::Denied => NoCredential::Refused(text),
        LeaseClass::Transient { again_in } => NoCredential::Transient(text, again_in),
        LeaseClass::Busy => NoCredential::Wait(text, TURN),
        // The trail is everybody's: whose credential it would have been does not matter, and all wait for one reason.
        LeaseClass::NoAudit => NoCredential::Wait(error.said.clone(), AUDIT_AWAY),
    }
}

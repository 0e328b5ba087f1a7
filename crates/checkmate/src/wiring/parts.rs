//! The parts of a process: queue, store, key, scanners.

use std::sync::Arc;

use anyhow::bail;
use checkmate_domain::{FingerprintKey, WorkerId};
use checkmate_outbound::Outbound;
use checkmate_queue::{Broker, Measured};
use checkmate_scanners::auth0::TenantScanner;
use checkmate_scanners::{ConnectionScanner, Registry};
use checkmate_scheduler::auditor::AuditorConfig;
use checkmate_service::Health;
use checkmate_store::{KeyCheck, Store};
use checkmate_worker::Lessor;

use crate::config::{self, Config};
use crate::wiring::audit::StoreAudit;
use crate::wiring::checkpoints;
use crate::wiring::deliveries::{self, Deliveries};
use crate::wiring::exports::ExportNames;
use crate::wiring::open::{self, Opener};
use crate::wiring::scanners::MakeScanners;
use crate::wiring::turns::StoreTurns;
use crate::wiring::vault;

/// The parts of a process.
#[derive(Clone)]
pub struct Parts {
    /// What was configured.
    pub config: Arc<Config>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The message broker.
    pub broker: Arc<dyn Broker>,
    /// The installation's fingerprint key.
    pub key: Arc<FingerprintKey>,
    /// Export names.
    pub exports: Arc<ExportNames>,
    /// The scanners.
    pub scanners: Registry,
    /// Who leases credentials; nobody where no tenant is configured.
    pub lessor: Option<Arc<Lessor>>,
    /// What sends to the outside; nothing where no route does.
    pub deliveries: Option<Deliveries>,
    /// The segment of the audit trail that this process writes.
    pub audit: Arc<StoreAudit>,
    /// What the auditor needs; none where it cannot sign.
    pub auditor: Option<AuditorConfig>,
    /// This process start.
    pub process: WorkerId,
    /// Whether this process owns embedded files.
    pub embedded: bool,
    /// How this process is doing.
    pub health: Arc<Health>,
}

impl Parts {
    /// Opens everything, for somebody.
    ///
    /// # Errors
    /// With what cannot be opened and what to do.
    pub async fn open(config: Config, by: Opener, make_scanners: MakeScanners) -> anyhow::Result<Self> {
        let embedded = config.setting()?.is_embedded();
        let key_file = config.fingerprint_key_path();
        let key = config::fingerprint_key(&key_file, embedded)?;
        let (store, broker) = open::store_and_broker(&config, by).await?;
        check_key(store.as_ref(), &key, &key_file).await?;
        for warning in store.durability().await?.warnings {
            tracing::warn!(warning, "store durability");
        }
        let exports = Arc::new(ExportNames::new(config.exports.clone()));
        exports.add_registered(store.as_ref()).await?;
        let process = process_id(by.name())?;
        let audit = StoreAudit::start(store.clone(), process.clone(), by.name());
        let turns = Arc::new(StoreTurns::of(&config, &store, &process));
        // Keys are read by those only who use them.
        let lessor = match embedded || by.is_one_of(&["worker", "up"]) {
            true => vault::lessor(&config, &store, audit.clone(), turns.clone())?.map(Arc::new),
            false => None,
        };
        // The same lessor, or at least the same turns: two givers of one process would let two in at a time.
        let deliveries = match embedded || by.is_one_of(&["notifier", "up"]) {
            true => deliveries::deliveries(&config, &store, audit.clone(), turns, lessor.clone())?,
            false => None,
        };
        let auditor = match embedded || by.is_one_of(&["scheduler", "up"]) {
            true => checkpoints::auditor(&config, process.as_str(), embedded)?,
            false => None,
        };
        Ok(Self {
            scanners: scanners(make_scanners(exports.clone()), &config)?,
            auditor,
            lessor,
            deliveries,
            audit,
            config: Arc::new(config),
            store,
            broker: Arc::new(Measured::new(broker)),
            key: Arc::new(key),
            exports,
            process,
            embedded,
            health: Arc::default(),
        })
    }

    /// The way out of this process: that of whoever leases, where somebody does.
    ///
    /// # Errors
    /// With the setting that cannot be used.
    pub fn outbound(&self) -> anyhow::Result<Outbound> {
        match &self.lessor {
            Some(lessor) => Ok(lessor.outbound.clone()),
            None => vault::outbound(&self.config, &self.store),
        }
    }

    /// Closes files and connections.
    pub async fn close(&self) {
        self.audit.close().await;
        self.broker.close().await;
        self.store.close().await;
    }
}

/// With those that need the configuration.
fn scanners(made: Registry, config: &Config) -> anyhow::Result<Registry> {
    let mut made = made;
    if !config.connections.is_empty() {
        made = made.with("connection", Arc::new(ConnectionScanner::new(Arc::new(vault::specs(config)?))));
    }
    if !config.tenants.is_empty() {
        let tenants = Arc::new(TenantScanner::new(Arc::new(vault::tenants(config)?)));
        made = made.with("auth0", tenants.clone()).with("org", tenants);
    }
    Ok(made)
}

async fn check_key(store: &dyn Store, key: &FingerprintKey, file: &std::path::Path) -> anyhow::Result<()> {
    match store.check_key(key.id()).await? {
        KeyCheck::Same => Ok(()),
        KeyCheck::Other(expected) => bail!(
            "the fingerprint key in {} has id {}, but the findings in the store were made with {expected}: \
             restore that key file, or start with an empty store",
            file.display(),
            key.id(),
        ),
    }
}

fn process_id(role: &str) -> anyhow::Result<WorkerId> {
    let mark: u32 = rand::random();
    Ok(WorkerId::new(format!("{role}-{}-{mark:08x}", std::process::id()))?)
}

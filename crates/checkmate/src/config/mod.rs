//! What can be set: one TOML file, all of it that is no secret by environment too, secrets by file only.
//!
//! `sections`, `tables` and `schedules` describe every key once; `reader` reads by that description, `told` shows by it,
//! `pages` and `schema` write the documents from it.

mod approve;
mod connections;
pub mod environment;
mod key;
mod kind;
mod load;
mod mistake;
mod near;
mod pages;
mod reader;
mod routes;
mod schedules;
mod schema;
mod secret_file;
mod sections;
mod span;
mod tables;
mod tenants;
#[cfg(test)]
mod tests;
mod texts;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use checkmate_domain::ScheduleName;
use checkmate_scheduler::schedules::ScheduleSpec;

pub use connections::ConnectionConfig;
pub use load::{ConfigError, load, load_telling, reload_schedules};
pub use mistake::{Mistake, Mistakes, Place};
pub use pages::{document, template};
pub use routes::{RouteConfig, Sending};
pub use schema::schema;
pub use secret_file::{fingerprint_key, secret, signing_key};
pub use sections::{
    AdminSection, AuditSection, Auth0Section, BrokerConfig, KeeperSection, LimitsSection, LogFormat,
    NotifierSection, OutboundSection, RequestsSection, RetentionSection, ScanConfig, StoreConfig,
    TelemetrySection, VaultSection, VendorsSection, WorkerSection,
};
pub use span::{Span, SpanError};
pub use tenants::TenantConfig;
pub(crate) use tenants::{ON_COMMAND_LINE, is_host};
pub use told::{Loaded, Told};

/// Everything that can be set. Paths in the file are relative to the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the embedded files, the fingerprint key and the control socket are.
    pub data_dir: PathBuf,
    /// The installation's fingerprint key; made when it is missing and the store is embedded.
    pub fingerprint_key_file: Option<PathBuf>,
    /// From the first signal to giving back what is in hand.
    pub grace: Span,
    /// The message broker.
    pub broker: BrokerConfig,
    /// The store.
    pub store: StoreConfig,
    /// Scans.
    pub scan: ScanConfig,
    /// The worker role.
    pub worker: WorkerSection,
    /// The notifier role.
    pub notifier: NotifierSection,
    /// The keeper.
    pub keeper: KeeperSection,
    /// Scans that other systems ask for.
    pub requests: RequestsSection,
    /// How much runs at a time.
    pub limits: LimitsSection,
    /// How long things are kept.
    pub retention: RetentionSection,
    /// What the roles tell about themselves.
    pub telemetry: TelemetrySection,
    /// Health and metrics.
    pub admin: AdminSection,
    /// The Auth0 tenant.
    pub auth0: Auth0Section,
    /// How Token Vault is asked.
    pub vault: VaultSection,
    /// Where the vendors are.
    pub vendors: VendorsSection,
    /// All calls to the outside.
    pub outbound: OutboundSection,
    /// The audit trail of credentials.
    pub audit: AuditSection,
    /// Accounts that credentials are leased from, for `connection:NAME`.
    pub connections: BTreeMap<String, ConnectionConfig>,
    /// Tenants that are scanned by their API, by their names.
    pub tenants: BTreeMap<String, TenantConfig>,
    /// Which findings go where, by the names of the routes.
    pub routes: BTreeMap<String, RouteConfig>,
    /// Tenant exports by name, for `export:NAME`.
    pub exports: BTreeMap<String, PathBuf>,
    /// What is scanned by itself, and when.
    pub schedules: BTreeMap<ScheduleName, ScheduleSpec>,
    /// The file that it was read from; none when there was none.
    pub file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from(".checkmate"),
            fingerprint_key_file: None,
            grace: Span(Duration::from_secs(25)),
            broker: BrokerConfig::default(),
            store: StoreConfig::default(),
            scan: ScanConfig::default(),
            worker: WorkerSection::default(),
            notifier: NotifierSection::default(),
            keeper: KeeperSection::default(),
            requests: RequestsSection::default(),
            limits: LimitsSection::default(),
            retention: RetentionSection::default(),
            telemetry: TelemetrySection::default(),
            admin: AdminSection::default(),
            auth0: Auth0Section::default(),
            vault: VaultSection::default(),
            vendors: VendorsSection::default(),
            outbound: OutboundSection::default(),
            audit: AuditSection::default(),
            connections: BTreeMap::new(),
            tenants: BTreeMap::new(),
            routes: BTreeMap::new(),
            exports: BTreeMap::new(),
            schedules: BTreeMap::new(),
            file: None,
        }
    }
}

/// Which setting the two URLs choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// One machine: queue file and store file.
    Embedded {
        /// The queue.
        queue: PathBuf,
        /// The store.
        store: PathBuf,
    },
    /// Many machines: broker and store URLs.
    Distributed {
        /// RabbitMQ.
        broker: String,
        /// Redis.
        store: String,
    },
}

impl Setting {
    /// Whether one process owns the files.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded { .. })
    }
}

impl Config {
    /// Where the fingerprint key is: as configured, else in the data folder.
    #[must_use]
    pub fn fingerprint_key_path(&self) -> PathBuf {
        self.fingerprint_key_file.clone().unwrap_or_else(|| self.data_dir.join("fingerprint.key"))
    }

    /// Which setting the two URLs choose; both missing is embedded in `data_dir`.
    ///
    /// # Errors
    /// A mixed pair, or a URL of another kind.
    pub fn setting(&self) -> Result<Setting, ConfigError> {
        let file = |name: &str| format!("sqlite:{}", self.data_dir.join(name).display());
        let broker = self.broker.url.clone().unwrap_or_else(|| file("queue.db"));
        let store = self.store.url.clone().unwrap_or_else(|| file("store.db"));
        let rabbit = ["amqp://", "amqps://"].iter().any(|scheme| broker.starts_with(scheme));
        let redis = ["redis://", "rediss://"].iter().any(|scheme| store.starts_with(scheme));
        match (broker.strip_prefix("sqlite:"), store.strip_prefix("sqlite:")) {
            (Some(queue), Some(store)) if queue == store => Err(ConfigError::SameFile(queue.to_owned())),
            (Some(queue), Some(store)) => Ok(Setting::Embedded { queue: queue.into(), store: store.into() }),
            (None, None) if rabbit && redis => Ok(Setting::Distributed { broker, store }),
            (None, _) if !rabbit => {
                Err(ConfigError::BadUrl("broker.url", "sqlite:PATH, amqp://… or amqps://…"))
            }
            (_, None) if !redis => {
                Err(ConfigError::BadUrl("store.url", "sqlite:PATH, redis://… or rediss://…"))
            }
            _ => Err(ConfigError::Mixed),
        }
    }

    /// Where the control socket is.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

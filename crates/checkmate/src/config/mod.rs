//! What can be set: one TOML file, some of it by environment, secrets by file only.

pub mod environment;
mod load;
mod secret_file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use load::{ConfigError, load};
pub use secret_file::{fingerprint_key, secret};

/// Everything that can be set. Paths in the file are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the embedded files, the fingerprint key and the control socket are.
    pub data_dir: PathBuf,
    /// The installation's fingerprint key; made when it is missing and the store is embedded.
    pub fingerprint_key_file: Option<PathBuf>,
    /// Tenant exports by name, for `export:NAME`.
    pub exports: BTreeMap<String, PathBuf>,
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
    /// From the first signal to giving back what is in hand.
    pub grace: Span,
}

/// The message broker.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrokerConfig {
    /// `sqlite:PATH`, `amqp://user@host/vhost` or `amqps://…`; several hosts separated by commas.
    pub url: Option<String>,
    /// The password of the user in the URL.
    pub password_file: Option<PathBuf>,
    /// A certificate authority to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The management API, for depths and for `broker setup|check`: `http(s)://host:15672`.
    pub management_url: Option<String>,
    /// The user of the management API; the one in `url` when not set.
    pub management_user: Option<String>,
    /// Its password.
    pub management_password_file: Option<PathBuf>,
    /// Passwords of the role users that `broker setup` makes, by role.
    pub role_password_files: BTreeMap<String, PathBuf>,
    /// Users whose jobs, results and dead letters are believed; the role users of `deploy/` and the own one when not set.
    pub publishers: Option<BTreeSet<String>>,
    /// The broker's consumer time-out, which cannot be read on every version.
    pub consumer_timeout: Option<Span>,
}

/// The store.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH`, `redis://host:6379/0` or `rediss://…`.
    pub url: Option<String>,
    /// The password of the user in the URL.
    pub password_file: Option<PathBuf>,
    /// A certificate authority to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// In front of every key.
    pub key_prefix: Option<String>,
}

/// Scans.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScanConfig {
    /// Jobs of one scan released at a time.
    pub window: u32,
    /// For one attempt of a job.
    pub time_limit: Span,
    /// From its release to the end of a job as expired.
    pub expires_after: Span,
}

/// The worker role.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerSection {
    /// Jobs at a time.
    pub slots: u16,
    /// Of them kept free for the interactive lane.
    pub interactive_slots: u16,
    /// How long a job of a killed worker waits for another.
    pub fence_ttl: Span,
    /// Attempts in error before a job ends as not assessed.
    pub max_failures: u32,
    /// Deaths of its process after which a job runs only alone.
    pub max_crashes: u32,
    /// Deaths alone in the process before a job ends as not assessed.
    pub max_crashes_alone: u32,
    /// Wait after the first failure; doubles with each.
    pub retry_first: Span,
    /// The longest wait after a failure.
    pub retry_most: Span,
}

/// The notifier role.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifierSection {
    /// Results at a time.
    pub slots: u16,
    /// Times a result is loaded before it is given up as poison.
    pub max_loads: u32,
}

/// The keeper.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeeperSection {
    /// Between two rounds.
    pub every: Span,
    /// How long leadership holds without renewal.
    pub lock_ttl: Span,
    /// From recording a job to sending it again when its confirm was never noted.
    pub unconfirmed_after: Span,
    /// From a confirm to looking whether the message can still exist.
    pub settling: Span,
}

/// A length of time: `500ms`, `30s`, `15m`, `24h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "jiff::SignedDuration")]
pub struct Span(pub Duration);

impl TryFrom<jiff::SignedDuration> for Span {
    type Error = String;
    fn try_from(span: jiff::SignedDuration) -> Result<Self, String> {
        Duration::try_from(span).map(Self).map_err(|_| "must not be negative".to_owned())
    }
}

const fn secs(seconds: u64) -> Span {
    Span(Duration::from_secs(seconds))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from(".checkmate"),
            fingerprint_key_file: None,
            exports: BTreeMap::new(),
            broker: BrokerConfig::default(),
            store: StoreConfig::default(),
            scan: ScanConfig::default(),
            worker: WorkerSection::default(),
            notifier: NotifierSection::default(),
            keeper: KeeperSection::default(),
            grace: secs(25),
        }
    }
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self { window: 200, time_limit: secs(15 * 60), expires_after: secs(24 * 3600) }
    }
}

impl Default for WorkerSection {
    fn default() -> Self {
        Self {
            slots: 8,
            interactive_slots: 1,
            fence_ttl: secs(30),
            max_failures: 5,
            max_crashes: 2,
            max_crashes_alone: 3,
            retry_first: secs(10),
            retry_most: secs(30 * 60),
        }
    }
}

impl Default for NotifierSection {
    fn default() -> Self {
        Self { slots: 8, max_loads: 50 }
    }
}

impl Default for KeeperSection {
    fn default() -> Self {
        Self { every: secs(2), lock_ttl: secs(10), unconfirmed_after: secs(10), settling: secs(15) }
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

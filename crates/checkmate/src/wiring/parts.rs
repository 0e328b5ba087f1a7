//! Opens what the configuration names: queue, store, key, scanners.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use checkmate_domain::{FingerprintKey, WorkerId};
use checkmate_queue::Broker;
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::rabbitmq::RabbitBroker;
use checkmate_scanners::Registry;
use checkmate_service::crashpoint::crashpoint;
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{KeyCheck, Store};

use crate::config::{self, Config, Setting};
use crate::wiring::exports::ExportNames;
use crate::wiring::rabbit;
use crate::wiring::scanners::MakeScanners;

/// How long opening may take before it is said that something does not answer.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

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
    /// This process start.
    pub process: WorkerId,
    /// Whether this process owns embedded files.
    pub embedded: bool,
}

impl Parts {
    /// Opens everything; `role` names the process to broker and store.
    ///
    /// # Errors
    /// With what cannot be opened and what to do.
    pub async fn open(config: Config, role: &str, make_scanners: MakeScanners) -> anyhow::Result<Self> {
        let setting = config.setting()?;
        let embedded = matches!(setting, Setting::Embedded { .. });
        let key_file =
            config.fingerprint_key_file.clone().unwrap_or_else(|| config.data_dir.join("fingerprint.key"));
        let key = config::fingerprint_key(&key_file, embedded)?;
        let (store, broker) = match &setting {
            Setting::Embedded { queue, store } => open_embedded(queue.clone(), store.clone()).await?,
            Setting::Distributed { broker, store } => {
                tokio::time::timeout(OPEN_WITHIN, open_distributed(&config, broker, store, role))
                    .await
                    .context("broker or store did not answer within 30 s: look at broker.url and store.url, and whether both run")??
            }
        };
        check_key(store.as_ref(), &key, &key_file).await?;
        for warning in store.durability().await?.warnings {
            tracing::warn!(warning, "store durability");
        }
        let exports = Arc::new(ExportNames::new(config.exports.clone()));
        exports.add_registered(store.as_ref()).await?;
        Ok(Self {
            scanners: make_scanners(exports.clone()),
            config: Arc::new(config),
            store,
            broker,
            key: Arc::new(key),
            exports,
            process: process_id(role)?,
            embedded,
        })
    }

    /// Closes files and connections.
    pub async fn close(&self) {
        self.broker.close().await;
        self.store.close().await;
    }
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

type Pair = (Arc<dyn Store>, Arc<dyn Broker>);

async fn open_embedded(queue: PathBuf, store: PathBuf) -> anyhow::Result<Pair> {
    let store = EmbeddedStore::open(&store).await?;
    let broker = EmbeddedBroker::open(&queue, EmbeddedConfig::default()).await?;
    Ok((Arc::new(store), Arc::new(broker)))
}

async fn open_distributed(config: &Config, broker: &str, store: &str, role: &str) -> anyhow::Result<Pair> {
    let store = RedisStore::connect(redis_config(config, store)?).await?;
    let broker = RabbitBroker::connect(rabbit::config(&config.broker, broker, role)?).await?;
    Ok((Arc::new(store), Arc::new(broker)))
}

fn redis_config(config: &Config, url: &str) -> anyhow::Result<RedisConfig> {
    let section = &config.store;
    let mut redis = RedisConfig::new(url);
    redis.password = section.password_file.as_deref().map(config::secret).transpose()?;
    redis.ca_file.clone_from(&section.ca_file);
    redis.crash_hook = Some(Arc::new(crashpoint));
    if let Some(prefix) = &section.key_prefix {
        redis.prefix.clone_from(prefix);
    }
    Ok(redis)
}

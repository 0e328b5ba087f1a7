//! Opens store and broker, at once or as soon as they are there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::rabbitmq::RabbitBroker;
use checkmate_queue::{Broker, BrokerError};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::health::Part;
use checkmate_service::metrics::{self, Dependency};
use checkmate_service::{Backoff, Health, Stop};
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{Store, StoreError};
use tokio::time::error::Elapsed;

use crate::config::{self, Config, Setting};
use crate::wiring::lazy_broker::LazyBroker;
use crate::wiring::parts::Parts;
use crate::wiring::rabbit;
use crate::wiring::scanners::MakeScanners;

/// How long opening may take before it is said that something does not answer.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// The shortest and the longest wait before a server that is away is tried again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Who opens the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// A command of a person. The broker is connected when it is needed first.
    Command,
    /// A role, by its name, as broker and store see it.
    Role(&'static str),
}

impl Opener {
    /// Whether it is one of these roles.
    #[must_use]
    pub fn is_one_of(self, roles: &[&str]) -> bool {
        matches!(self, Self::Role(name) if roles.contains(&name))
    }

    /// How the process is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Role(name) => name,
        }
    }
}

type Pair = (Arc<dyn Store>, Arc<dyn Broker>);

/// Opens the parts for a role, as soon as the servers are there. `None` when it is stopped before.
///
/// # Errors
/// What waiting does not mend, and what to do.
pub async fn when_there(
    config: &Config,
    role: &'static str,
    scanners: MakeScanners,
    stop: &Stop,
    health: &Health,
) -> anyhow::Result<Option<Parts>> {
    let mut backoff = Backoff::new(AGAIN.0, AGAIN.1);
    let mut told = None;
    while !stop.draining().is_cancelled() {
        let opening = Box::pin(Parts::open(config.clone(), Opener::Role(role), scanners));
        match stop.draining().run_until_cancelled(opening).await {
            Some(Err(error)) if is_away(&error) => {
                // Of both it is not known which one when neither says so.
                if !error.is::<BrokerError>() {
                    metrics::dependency(Dependency::Store, false, false);
                }
                if !error.is::<StoreError>() {
                    metrics::dependency(Dependency::Broker, false, false);
                }
                let why = format!("{error:#}");
                if told.as_ref() != Some(&why) {
                    tracing::warn!(role, why, "not started yet; trying again until it works");
                    health.readiness.set(Part::Start, Err(why.clone()));
                    told = Some(why);
                }
                stop.sleep(backoff.fail()).await;
            }
            Some(opened) => return opened.map(Some),
            None => {}
        }
    }
    Ok(None)
}

/// Whether waiting may help. A queue that is missing comes back when somebody sets the broker up; a role that ended over it
/// would only be started again.
fn is_away(error: &anyhow::Error) -> bool {
    let store = matches!(error.downcast_ref(), Some(StoreError::Unavailable(_)));
    let broker = matches!(error.downcast_ref(), Some(BrokerError::Unavailable(_) | BrokerError::Topology(_)));
    store || broker || error.is::<Elapsed>()
}

/// Opens what the configuration names.
///
/// # Errors
/// With what cannot be opened and what to do.
pub(super) async fn store_and_broker(config: &Config, by: Opener) -> anyhow::Result<Pair> {
    match config.setting()? {
        Setting::Embedded { queue, store } => embedded(queue, store, config.outbound.read_timeout.0).await,
        Setting::Distributed { broker, store } => {
            let opening = Box::pin(distributed(config, &broker, &store, by));
            tokio::time::timeout(OPEN_WITHIN, opening).await.context(
                "broker or store did not answer within 30 s: look at broker.url and store.url, and whether both run",
            )?
        }
    }
}

async fn embedded(queue: PathBuf, store: PathBuf, settle: Duration) -> anyhow::Result<Pair> {
    let store = EmbeddedStore::open(&store).await?;
    store.free_what_the_dead_held(settle).await?;
    let broker = EmbeddedBroker::open(&queue, EmbeddedConfig::default()).await?;
    Ok((Arc::new(store), Arc::new(broker)))
}

async fn distributed(config: &Config, broker: &str, store: &str, by: Opener) -> anyhow::Result<Pair> {
    let rabbit = rabbit::config(&config.broker, broker, by.name())?;
    let store = RedisStore::connect(redis_config(config, store)?).await?;
    let broker: Arc<dyn Broker> = match by {
        Opener::Command => Arc::new(LazyBroker::new(rabbit)),
        Opener::Role(_) => Arc::new(RabbitBroker::connect(rabbit).await?),
    };
    Ok((Arc::new(store), broker))
}

pub(crate) fn redis_config(config: &Config, url: &str) -> anyhow::Result<RedisConfig> {
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

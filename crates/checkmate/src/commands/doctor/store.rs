//! Looks at the store: as the process that owns the files tells it, or by opening it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use checkmate_domain::Timestamp;
use checkmate_queue::Broker;
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig, OpenError as FileError};
use checkmate_store::embedded::{EmbeddedStore, OpenError};
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{Store, StoreError};
use tokio::net::UnixStream;

use super::facts::{Seen, StoreFacts, StoreLook};
use super::work;
use crate::config::{Config, Setting};
use crate::control;
use crate::wiring::open;

/// For making a connection, and for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// For the answer of the process that owns the files.
const OWNER_WITHIN: Duration = Duration::from_secs(5);
/// How long another process may have the files without answering: it begins, or ends.
const OWNED_FOR: Duration = Duration::from_secs(3);
/// Before that is tried again.
const AGAIN: Duration = Duration::from_millis(100);

/// Looks at the store that is configured.
pub(super) async fn look(config: &Config, within: Duration) -> StoreLook {
    let looking = Box::pin(async {
        match config.setting() {
            Err(error) => StoreLook::Wrong(error.to_string()),
            Ok(Setting::Embedded { queue, store }) => embedded(config, &queue, &store).await,
            Ok(Setting::Distributed { store, .. }) => redis(config, &store).await,
        }
    });
    let late = || StoreLook::Wrong(format!("it did not answer within {} s", within.as_secs()));
    tokio::time::timeout(within, looking).await.unwrap_or_else(|_| late())
}

async fn embedded(config: &Config, queue: &Path, store: &Path) -> StoreLook {
    let began = Instant::now();
    loop {
        if let Some(stream) = control::owner(&config.data_dir).await {
            return match owner(stream).await {
                Ok(seen) => StoreLook::Seen(Box::new(seen)),
                Err(error) => {
                    StoreLook::NotSeen(format!("the process that owns the files was asked: {error:#}"))
                }
            };
        }
        if !store.exists() {
            return StoreLook::Nothing;
        }
        match EmbeddedStore::open(store).await {
            Ok(opened) => return of_files(opened, queue).await,
            Err(OpenError::File(FileError::InUse(_))) if began.elapsed() < OWNED_FOR => {
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => return StoreLook::Wrong(format!("{:#}", anyhow::Error::from(error))),
        }
    }
}

async fn owner(stream: UnixStream) -> anyhow::Result<Seen> {
    let asking = control::answer_of(stream, &["doctor"]);
    let late = || format!("no answer within {} s", OWNER_WITHIN.as_secs());
    let answer = tokio::time::timeout(OWNER_WITHIN, asking).await.with_context(late)??;
    serde_json::from_str(&answer).context("its answer is not understood: is it of another release?")
}

async fn of_files(store: EmbeddedStore, queue: &Path) -> StoreLook {
    let seen = async {
        let mut seen = seen(&store, None).await?;
        if queue.exists() {
            let broker = EmbeddedBroker::open(queue, EmbeddedConfig::default()).await?;
            let queues = work::queues(&broker).await;
            broker.close().await;
            seen.work.queues = queues?;
        }
        anyhow::Ok(seen)
    };
    let seen = seen.await;
    store.close().await;
    told(seen)
}

async fn redis(config: &Config, url: &str) -> StoreLook {
    let connected = match connect(config, url, false).await {
        Ok(Err(StoreError::Misconfigured(why))) => match connect(config, url, true).await {
            Ok(Ok(store)) => Ok((store, Some(why))),
            // What it was refused for at first is what is to be mended.
            _ => Err(why),
        },
        Ok(Ok(store)) => Ok((store, None)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(format!("{error:#}")),
    };
    match connected {
        Ok((store, refused)) => {
            let seen = seen(&store, refused).await;
            store.close().await;
            told(seen)
        }
        Err(why) => StoreLook::Wrong(why),
    }
}

/// Connects; also to a server that forgets everything when `volatile`, for a role would be refused it.
async fn connect(
    config: &Config,
    url: &str,
    volatile: bool,
) -> anyhow::Result<Result<RedisStore, StoreError>> {
    let redis = RedisConfig {
        connections: 1,
        connect_timeout: ANSWER_WITHIN,
        response_timeout: ANSWER_WITHIN,
        allow_volatile: volatile,
        crash_hook: None,
        ..open::redis_config(config, url)?
    };
    Ok(RedisStore::connect(redis).await)
}

fn told(seen: anyhow::Result<Seen>) -> StoreLook {
    match seen {
        Ok(seen) => StoreLook::Seen(Box::new(seen)),
        Err(error) => StoreLook::Wrong(format!("{error:#}")),
    }
}

/// What an open store tells; `refused` is why a role would not take it.
pub(super) async fn seen(store: &dyn Store, refused: Option<String>) -> anyhow::Result<Seen> {
    let (before, began) = (Timestamp::now(), Instant::now());
    let now = store.now().await?;
    let round_trip = began.elapsed();
    let about = StoreFacts {
        software: store.software().await?,
        now,
        host_now: before.plus(round_trip / 2),
        round_trip_ms: u64::try_from(round_trip.as_millis()).unwrap_or(u64::MAX),
        epoch: store.epoch().await?,
        durability: store.durability().await?,
        refused,
        key: store.kept_key().await?,
    };
    Ok(Seen { store: about, work: work::look(store).await? })
}

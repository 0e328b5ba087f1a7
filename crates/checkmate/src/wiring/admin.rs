//! Shows how a process of roles is doing: its admin pages, and who looks after store, broker and subscriptions for them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use checkmate_queue::consumer::Liveness;
use checkmate_service::admin::{Pages, Server};
use checkmate_service::health::Part;
use checkmate_service::metrics::{self, Dependency};
use checkmate_service::{Health, Stop};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::wiring::parts::Parts;
use crate::wiring::telemetry;

/// Between two looks at store and broker.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For an answer of one of them.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// A consumer loop that has not turned for so long is stuck; a job so far past its deadline cannot be stopped. More than the
/// loop's own grace.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// The admin pages of this process, when they are configured.
pub struct Watched {
    health: Arc<Health>,
    pages: Option<(Server, JoinHandle<()>)>,
}

impl Watched {
    /// Answers from now on; not ready before the roles run.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let health = Arc::new(Health::default());
        let Some(listen) = config.admin.listen else { return Ok(Self { health, pages: None }) };
        metrics::turn(true);
        let shown = Pages { health: Arc::clone(&health), log: telemetry::log_level() };
        let server = Server::start(listen, &shown).with_context(|| {
            format!("cannot listen on {listen} (admin.listen): give an address that is free")
        })?;
        tracing::info!(admin.address = %server.address(), "admin pages");
        let beating = Arc::clone(&health);
        let beat = tokio::spawn(async move { beating.beat().await });
        Ok(Self { health, pages: Some((server, beat)) })
    }

    /// What the pages answer from.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Ends the pages.
    pub async fn close(self) {
        let Some((server, beat)) = self.pages else { return };
        // Its threads are joined, which may wait for somebody who asks slowly.
        let _ = tokio::task::spawn_blocking(move || drop(server)).await;
        beat.abort();
        let _ = beat.await;
    }
}

/// Has the pages know of a consumer.
pub(super) fn watch(health: &Health, consumer: &Arc<Liveness>, stop: &Stop) {
    let (alive, attached, stop) = (Arc::clone(consumer), Arc::clone(consumer), stop.clone());
    // A loop that drains does not turn.
    let alive = move || if stop.draining().is_cancelled() { None } else { alive.stuck(STUCK_AFTER) };
    health.watch(alive, move || attached.detached(Duration::ZERO));
}

/// Looks after what a ready process needs, until the intake is cut.
pub(super) async fn look_after(parts: Parts, stop: Stop) {
    let readiness = &parts.health.readiness;
    let (mut store_was, mut broker_was) = (true, true);
    let looking = async {
        loop {
            let store =
                answers(async { parts.store.now().await.map(|_| ()).map_err(|error| error.to_string()) });
            let broker = answers(async { parts.broker.ready().await.map_err(|error| error.to_string()) });
            let (store, broker) = tokio::join!(store, broker);
            metrics::dependency(Dependency::Store, store.is_ok(), store_was);
            metrics::dependency(Dependency::Broker, broker.is_ok(), broker_was);
            (store_was, broker_was) = (store.is_ok(), broker.is_ok());
            readiness.set(Part::Store, store);
            readiness.set(Part::Broker, broker);
            readiness.set(Part::Consumers, parts.health.detached().map_or(Ok(()), Err));
            readiness.set(Part::Start, Ok(()));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let _: Option<()> = stop.draining().run_until_cancelled(looking).await;
    readiness.set(Part::Intake, Err("stopping: no new work is taken".to_owned()));
}

async fn answers(asking: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let answer = tokio::time::timeout(ANSWER_WITHIN, asking).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())))
}

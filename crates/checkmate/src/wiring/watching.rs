//! The way back from tickets: one watcher, and the scans that it asks for.

use std::sync::Arc;

use async_trait::async_trait;
use checkmate_domain::{Lane, Trigger, TriggerKind};
use checkmate_notifier::SystemClock;
use checkmate_notifier::deliver::{Rescans, Wanted, Watcher, WatcherConfig};
use checkmate_queue::Broker;
use checkmate_scheduler::{PlanError, Planned, request_shared};
use checkmate_service::Stop;
use checkmate_store::{NewScan, ScanRecord, Store, StoreError};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::wiring::deliveries::{Deliveries, organisations};
use crate::wiring::parts::Parts;

/// Starts the watcher.
pub(super) fn spawn(parts: &Parts, deliveries: &Deliveries, stop: &Stop, tasks: &mut JoinSet<&'static str>) {
    let section = &parts.config.notifier;
    let config = WatcherConfig {
        owner: parts.process.to_string(),
        every: section.watch_every.0,
        sweep_every: section.sweep_every.0,
        hold: section.delivery_hold.0,
    };
    let (store, broker) = (Arc::clone(&parts.store), Arc::clone(&parts.broker));
    let rescans = Scheduled { store, broker, config: Arc::clone(&parts.config) };
    let watcher = Watcher::new(
        Arc::clone(&parts.store),
        Arc::new(SystemClock),
        Arc::clone(&deliveries.leases),
        Arc::new(rescans),
        Arc::clone(&deliveries.ways),
        organisations(&parts.config),
        config,
    );
    let stop = stop.clone();
    tasks.spawn(async move {
        watcher.run(&stop).await;
        "watcher"
    });
}

/// Scans by the scheduler's way: recorded, then sent.
struct Scheduled {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    config: Arc<Config>,
}

#[async_trait]
impl Rescans for Scheduled {
    async fn ask(&self, wanted: &Wanted) -> Result<ScanRecord, StoreError> {
        let new = NewScan {
            id: wanted.request.clone(),
            scope: wanted.scope.clone(),
            // A person waits for the answer.
            lane: Lane::Interactive,
            trigger: Trigger { kind: TriggerKind::Ticket, who: wanted.why.clone() },
            window: self.config.scan.window,
            time_limit: self.config.scan.time_limit.0,
            expires_after: self.config.scan.expires_after.0,
        };
        match request_shared(self.store.as_ref(), self.broker.as_ref(), &new).await {
            Ok(Planned::New(scan)) => {
                tracing::info!(scan.id = %scan.id, scan.scope = %scan.scope, "a closed ticket asks for a scan");
                Ok(*scan)
            }
            Ok(Planned::Same(scan)) => Ok(*scan),
            Err(PlanError::Store(error)) => Err(error),
            // The keeper sends it.
            Err(error @ PlanError::NotSent { .. }) => {
                tracing::warn!(%error, "a scan that a closed ticket asks for is late");
                let recorded = self.store.requested(&wanted.request).await?;
                let scan = match &recorded {
                    Some(scan) => self.store.scan(scan).await?,
                    None => None,
                };
                scan.ok_or_else(|| StoreError::Unavailable(error.to_string()))
            }
        }
    }
}

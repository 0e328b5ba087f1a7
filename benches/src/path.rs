//! The whole way in one process, as the roles run it: discover, scan jobs, results, reconcile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate::config::Config;
use checkmate::wiring::audit::StoreAudit;
use checkmate::wiring::exports::ExportNames;
use checkmate::wiring::parts::Parts;
use checkmate::wiring::roles::{Role, spawn};
use checkmate_domain::{FingerprintKey, Lane, ScanId, Trigger, TriggerKind, WorkerId};
use checkmate_queue::Broker;
use checkmate_scheduler::request_scan;
use checkmate_service::Stop;
use checkmate_store::{NewScan, Store};

use crate::noop;
use crate::tap::Tap;

/// For the consumers to be up.
const SUBSCRIBED: Duration = Duration::from_millis(300);
/// A scan that takes longer is lost.
const AT_MOST: Duration = Duration::from_secs(120);

/// How many jobs at a time.
#[derive(Debug, Clone, Copy)]
pub struct Slots {
    /// In a worker.
    pub worker: u16,
    /// In the notifier.
    pub notifier: u16,
}

/// The parts of one process.
///
/// # Errors
/// When the key cannot be made.
pub fn parts(
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    slots: Slots,
    name: &str,
) -> anyhow::Result<Parts> {
    let mut config = Config::default();
    // One slot stays for the other lane.
    config.worker.slots = slots.worker + 1;
    config.worker.interactive_slots = 1;
    config.notifier.slots = slots.notifier;
    let exports = Arc::new(ExportNames::new(BTreeMap::new()));
    Ok(Parts {
        deliveries: None,
        lessor: None,
        auditor: None,
        audit: StoreAudit::start(store.clone(), WorkerId::new("bench-audit")?, "bench"),
        scanners: noop::only_noop(Arc::clone(&exports)),
        config: Arc::new(config),
        store,
        broker,
        key: Arc::new(FingerprintKey::new(vec![7; 32])?),
        exports,
        process: WorkerId::new(name)?,
        // Nobody is named as publisher: the same in both settings.
        embedded: true,
        health: Arc::default(),
    })
}

/// A scan with so many jobs that sleep so long.
#[must_use]
pub fn scan(jobs: usize, sleep: Duration, window: u32) -> NewScan {
    NewScan {
        id: ScanId::derived(&["bench"]),
        scope: noop::scope(jobs, sleep),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "bench".to_owned() },
        window,
        time_limit: Duration::from_mins(5),
        expires_after: Duration::from_hours(1),
    }
}

/// Runs the scan on processes with these roles; the time from its request to the confirm of its end.
///
/// # Errors
/// When it cannot be asked for or does not end.
pub async fn run(
    processes: &[(Parts, Role)],
    store: &dyn Store,
    tap: &Tap,
    scan: &NewScan,
) -> anyhow::Result<f64> {
    let stop = Stop::new(Duration::from_secs(5));
    let mut running = Vec::new();
    for (parts, role) in processes {
        running.push(spawn(parts, &[*role], &stop)?);
    }
    tokio::time::sleep(SUBSCRIBED).await;
    let began = Instant::now();
    request_scan(store, tap, scan).await?;
    tokio::time::timeout(AT_MOST, tap.finished()).await?;
    let took = began.elapsed().as_secs_f64();
    stop.drain();
    for process in running {
        process.join(&stop).await?;
    }
    Ok(took)
}

/// A worker and a notifier in one process.
///
/// # Errors
/// See [`parts`].
pub fn both(store: &Arc<dyn Store>, tap: &Arc<Tap>, slots: Slots) -> anyhow::Result<[(Parts, Role); 2]> {
    let parts = parts(Arc::clone(store), Arc::clone(tap) as Arc<dyn Broker>, slots, "bench-both")?;
    Ok([(parts.clone(), Role::Worker(None)), (parts, Role::Notifier)])
}

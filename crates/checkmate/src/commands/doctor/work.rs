//! Looks at what is going on: processes, lanes, leaders, schedules, scans, dead letters, queues. Reads the store only.

use checkmate_domain::WorkerId;
use checkmate_queue::{Broker, BrokerError, Queue};
use checkmate_scheduler::{keeper, schedules};
use checkmate_store::schedules::ScheduleRecord;
use checkmate_store::{DeadStatus, ScanRecord, Store, StoreError, waiting};

use super::facts::{DeadFacts, LeaderFact, QueueFact, ScheduleFact, WorkFacts};
use crate::commands::schedule::last_scan;
use crate::view::waits::{self, Waiting};

/// Dead letters that are looked at.
const LETTERS: u64 = 500;
/// Scans under way whose jobs are looked at, and jobs of each.
const SCANS: usize = 20;
const JOBS: u64 = 200;

/// What the store tells; the queues are asked apart.
pub(super) async fn look(store: &dyn Store) -> anyhow::Result<WorkFacts> {
    // Lanes are paused for everybody, also for one who was never there.
    let anybody = WorkerId::new("doctor")?;
    let scans = store.unsettled_scans().await?;
    Ok(WorkFacts {
        processes: store.processes().await?,
        paused: store.wishes(&anybody).await?.paused,
        leaders: leaders(store).await?,
        schedules: schedules_of(store).await?,
        waits: waits_of(store, &scans).await?,
        scans,
        dead: dead(store).await?,
        approvals: waiting(store).await?,
        queues: Vec::new(),
    })
}

async fn leaders(store: &dyn Store) -> Result<Vec<LeaderFact>, StoreError> {
    let mut leaders = Vec::new();
    for lock in [keeper::LOCK, schedules::LOCK] {
        leaders.push(LeaderFact { of: lock.to_owned(), holder: store.holder(lock).await? });
    }
    Ok(leaders)
}

async fn schedules_of(store: &dyn Store) -> Result<Vec<ScheduleFact>, StoreError> {
    let records = store.schedules().await?;
    // Side by side: one after the other, a thousand of them outlast the time of all looks.
    futures::future::try_join_all(records.into_iter().map(|record| schedule_of(store, record))).await
}

async fn schedule_of(store: &dyn Store, record: ScheduleRecord) -> Result<ScheduleFact, StoreError> {
    let last = last_scan(store, &record.state).await?;
    Ok(ScheduleFact { name: record.name, state: record.state, last })
}

/// Bounded in both directions: what keeps many jobs waiting is met among the first.
async fn waits_of(store: &dyn Store, scans: &[ScanRecord]) -> Result<Vec<Waiting>, StoreError> {
    let under_way = scans.iter().filter(|scan| !scan.state.is_final()).take(SCANS);
    let looks = under_way.map(|scan| store.open_jobs(&scan.id, None, JOBS));
    let jobs = futures::future::try_join_all(looks).await?;
    Ok(waits::of(jobs.iter().flatten(), store.now().await?))
}

async fn dead(store: &dyn Store) -> Result<DeadFacts, StoreError> {
    let letters = store.dead(0, LETTERS).await?;
    let more = letters.len() as u64 == LETTERS;
    let mut waiting = letters.iter().filter(|letter| letter.status == DeadStatus::Waiting).peekable();
    let newest = waiting.peek().map(|letter| letter.reason.clone());
    Ok(DeadFacts { waiting: waiting.count() as u64, more, newest })
}

/// What waits in each of our queues.
pub(super) async fn queues(broker: &dyn Broker) -> Result<Vec<QueueFact>, BrokerError> {
    let mut facts = Vec::new();
    for queue in Queue::ALL {
        let depth = broker.depth(queue).await?;
        facts.push(QueueFact { name: queue.name().to_owned(), ready: Some(depth.ready) });
    }
    Ok(facts)
}

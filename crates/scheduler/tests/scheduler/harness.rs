//! Store and broker in a folder of their own, and the steps of other roles as they would have written them down.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::{
    CloudEvent, Coverage, EventData, JobId, JobMessage, JobSpec, Lane, ReportKind, ScanId, ScanReport,
    ScanStats, Scope, TargetId, Trigger, TriggerKind, WorkerId,
};
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop, DrainReport};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Delivery, Message, Queue, Settle, Settled};
use checkmate_scheduler::keeper::{DeadLetters, DeadLettersConfig, Keeper, KeeperConfig, Round, Times};
use checkmate_scheduler::{Planned, request_scan};
use checkmate_service::Stop;
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::{
    Attempt, Begin, BeginRequest, Created, DeadRecord, JobRecord, Limits, LockGuard, NewScan, ScanRecord,
    SealList, Sealed, Store, Stored,
};
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
pub(crate) const LONG: Duration = Duration::from_secs(600);
/// Until an end that is waited for; longer than the steps before it take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_millis(1_500);
/// What counts as stuck here.
pub(crate) const SETTLING: Duration = Duration::from_millis(60);

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn target(name: &str) -> TargetId {
    TargetId::new(format!("export:{name}")).unwrap()
}

pub(crate) fn new_scan(name: &str, window: u32, expires_after: Duration) -> NewScan {
    NewScan {
        id: ScanId::derived(&["scheduler", name]),
        scope: Scope::Export("folder".to_owned()),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "a test".to_owned() },
        window,
        time_limit: LONG,
        expires_after,
    }
}

pub(crate) fn config(owner: &str) -> KeeperConfig {
    KeeperConfig {
        every: ms(10),
        lock_ttl: ms(60_000),
        times: Times { unconfirmed: SETTLING, settling: SETTLING },
        ..KeeperConfig::new(owner)
    }
}

/// Waits until what was left now counts as stuck.
pub(crate) async fn settle() {
    tokio::time::sleep(SETTLING + ms(30)).await;
}

/// Store and broker in a folder of their own.
pub(crate) struct Bench {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) broker: Arc<EmbeddedBroker>,
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(EmbeddedConfig::default()).await
    }

    pub(crate) async fn with(config: EmbeddedConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap();
        let broker = EmbeddedBroker::open(&folder.path().join("queue.db"), config).await.unwrap();
        Self { store: Arc::new(store), broker: Arc::new(broker), folder }
    }

    pub(crate) fn keeper(&self, owner: &str) -> Keeper {
        Keeper::new(self.store.clone(), self.broker.clone(), config(owner))
    }

    /// A round of the same keeper, to whom nothing here is stuck yet.
    pub(crate) async fn early_round(&self) -> Round {
        let config =
            KeeperConfig { times: Times { unconfirmed: LONG, settling: LONG }, ..config("a keeper") };
        let keeper = Keeper::new(self.store.clone(), self.broker.clone(), config);
        keeper.round(&mut None).await.unwrap()
    }

    /// A round of a keeper that leads.
    pub(crate) async fn round(&self) -> Round {
        let mut guard: Option<LockGuard> = None;
        let round = self.keeper("a keeper").round(&mut guard).await.unwrap();
        assert!(round.led);
        round
    }

    /// A scan whose discover job is recorded and not sent.
    pub(crate) async fn recorded(&self, name: &str) -> JobRecord {
        self.recorded_as(&new_scan(name, 10, LONG)).await
    }

    pub(crate) async fn recorded_as(&self, scan: &NewScan) -> JobRecord {
        match self.store.create_scan(scan).await.unwrap() {
            Created::New(_, job) => *job,
            Created::Exists(scan) => panic!("{} is there already", scan.id),
        }
    }

    /// A scan asked for in full.
    pub(crate) async fn asked(&self, name: &str) -> JobRecord {
        let scan = new_scan(name, 10, LONG);
        let planned = request_scan(self.store.as_ref(), self.broker.as_ref(), &scan).await.unwrap();
        let Planned::New(scan) = planned else { panic!("{planned:?}") };
        self.store.scan_jobs(&scan.id, 0, 1).await.unwrap().remove(0)
    }

    /// A scan whose list is sealed; the jobs released of it are recorded and not sent.
    pub(crate) async fn sealed(&self, scan: &NewScan, targets: &[&str]) -> Vec<JobRecord> {
        let discover = self.recorded_as(scan).await;
        let attempt = self.begin(&discover.id, LONG).await;
        let jobs = targets.iter().map(|name| JobSpec::whole(target(name))).collect();
        let list = SealList { jobs, history: None };
        let Sealed::New(released, _) = self.store.seal(&attempt.fence, &list).await.unwrap() else {
            panic!("sealed")
        };
        self.records(released).await
    }

    async fn records(&self, released: Vec<JobMessage>) -> Vec<JobRecord> {
        let mut records = Vec::new();
        for message in released {
            records.extend(self.store.job(&message.job).await.unwrap());
        }
        records
    }

    pub(crate) async fn begin(&self, job: &JobId, ttl: Duration) -> Attempt {
        let request = BeginRequest {
            job: job.clone(),
            holder: WorkerId::new("worker").unwrap(),
            ttl,
            alone: true,
            max_failures: 1_000,
            max_crashes: 1,
            max_crashes_alone: 1_000,
            limits: Limits::default(),
        };
        match self.store.begin_attempt(&request).await.unwrap() {
            Begin::Started(attempt) => *attempt,
            other => panic!("{other:?}"),
        }
    }

    /// Stores an empty result; what was claimed for it and the event are not sent.
    pub(crate) async fn stored(&self, job: &JobRecord) -> Vec<JobRecord> {
        let attempt = self.begin(&job.id, LONG).await;
        let report = ScanReport {
            kind: ReportKind::Whole,
            target: job.spec.as_ref().unwrap().target.clone(),
            rules: Vec::new(),
            checks: Vec::new(),
            findings: Vec::new(),
            coverage: Coverage::default(),
            stats: ScanStats::default(),
            triage: Vec::new(),
        };
        match self.store.store_result(&attempt.fence, &report).await.unwrap() {
            Stored::New(claimed) => self.records(claimed).await,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn mark_published(&self, jobs: &[JobRecord]) {
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id.clone()).collect();
        self.store.mark_published(&ids).await.unwrap();
    }

    pub(crate) async fn job(&self, id: &JobId) -> JobRecord {
        self.store.job(id).await.unwrap().unwrap()
    }

    pub(crate) async fn scan(&self, id: &ScanId) -> ScanRecord {
        self.store.scan(id).await.unwrap().unwrap()
    }

    pub(crate) async fn depth(&self, queue: Queue) -> (u64, u64) {
        depth(self.broker.as_ref(), queue).await
    }

    /// Takes everything that is due off a queue.
    pub(crate) async fn take(&self, queue: Queue) -> Vec<Message> {
        take(self.broker.as_ref(), queue, Settle::Done).await
    }

    /// The jobs whose messages wait, in order of their ids.
    pub(crate) async fn sent(&self) -> Vec<String> {
        let mut sent: Vec<String> =
            self.take(Queue::ScanBulk).await.into_iter().map(|message| message.id.unwrap()).collect();
        sent.sort();
        sent
    }

    /// The jobs whose result events wait.
    pub(crate) async fn resent(&self) -> Vec<JobId> {
        let job = |message: Message| match CloudEvent::from_bytes(&message.body).unwrap().data {
            EventData::ResultStored(stored) => stored.job,
            other => panic!("{other:?} is no result"),
        };
        self.take(Queue::Results).await.into_iter().map(job).collect()
    }

    /// Gives up whatever waits on a queue, as a role does.
    pub(crate) async fn bury(&self, queue: Queue, reason: &str) {
        let dead = Settle::Dead { reason: reason.to_owned() };
        assert_eq!(take(self.broker.as_ref(), queue, dead).await.len(), 1);
    }

    /// The taker of dead letters in its loop.
    pub(crate) fn start_dead(&self, set: impl FnOnce(&mut DeadLettersConfig)) -> Running {
        let mut config = DeadLettersConfig { publishers: None, time_limit: LONG, retry_after: ms(20) };
        set(&mut config);
        let letters = DeadLetters::new(self.store.clone(), self.broker.clone(), config);
        let stop = Stop::new(ms(100));
        let intake = ConsumeConfig::single(Queue::Dead, 4).unwrap();
        let broker: Arc<dyn Broker> = self.broker.clone();
        let task = tokio::spawn(ConsumerLoop::new(broker, Arc::new(letters), intake).run(stop.clone()));
        Running { stop, task }
    }

    /// Has everything on the dead queue taken into the store.
    pub(crate) async fn dead(&self) -> Vec<DeadRecord> {
        let running = self.start_dead(|_| {});
        until("the dead queue is empty", || async { self.depth(Queue::Dead).await == (0, 0) }).await;
        running.drained().await;
        self.store.dead(0, 1_000).await.unwrap()
    }
}

async fn depth(broker: &dyn Broker, queue: Queue) -> (u64, u64) {
    let depth = broker.depth(queue).await.unwrap();
    (depth.ready, depth.unacked.unwrap())
}

/// Settles everything that is due on a queue in one way.
pub(crate) async fn take(broker: &dyn Broker, queue: Queue, settle: Settle) -> Vec<Message> {
    let mut consumer = broker.consume(queue, 1_000).await.unwrap();
    let mut messages = Vec::new();
    while depth(broker, queue).await != (0, 0) {
        let next = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a message is due");
        let Delivery { message, lease } = next.unwrap();
        messages.push(message);
        assert_eq!(lease.settle(settle.clone()).await, Settled::Accepted);
    }
    messages
}

/// A loop at work.
pub(crate) struct Running {
    stop: Stop,
    task: JoinHandle<DrainReport>,
}

impl Running {
    pub(crate) async fn drained(self) -> DrainReport {
        self.stop.drain();
        tokio::time::timeout(PATIENCE, self.task).await.expect("the loop ends in time").unwrap()
    }
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(ms(5)).await;
    }
}

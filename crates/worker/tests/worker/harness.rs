//! Store and broker in a folder of their own, a worker on them, and a scanner that is two closures.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{
    CloudEvent, Coverage, EventData, FingerprintKey, JobId, Lane, Part, ReportKind, ScanId, ScanReport,
    ScanStats, Scope, TargetId, Trigger, TriggerKind, WorkerId,
};
use checkmate_queue::consumer::{self, ConsumeConfig, ConsumerLoop, DrainReport, JobContext};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Message, Outgoing, Queue, Settle};
use checkmate_scanners::{Discovery, Registry, ScanContext, ScanError, Scanned, Scanner};
use checkmate_service::Stop;
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::{
    Attempt, Begin, BeginRequest, Created, JobRecord, JobState, Limits, NewScan, ScanRecord, Store,
};
use checkmate_worker::{Marker, Worker, WorkerConfig, run_marker};
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
pub(crate) const LONG: Duration = Duration::from_secs(600);

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn target(name: &str) -> TargetId {
    TargetId::new(format!("export:{name}")).unwrap()
}

pub(crate) fn complete(names: &[&str]) -> Result<Discovery, ScanError> {
    Ok(Discovery { targets: names.iter().map(|name| target(name)).collect(), complete: true })
}

/// A report that says nothing.
pub(crate) fn report(target: &TargetId, part: Option<&Part>) -> ScanReport {
    ScanReport {
        kind: if part.is_some() { ReportKind::Part } else { ReportKind::Whole },
        target: target.clone(),
        rules: Vec::new(),
        checks: Vec::new(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        stats: ScanStats::default(),
        triage: Vec::new(),
    }
}

pub(crate) fn fine(call: &Call) -> Result<Scanned, ScanError> {
    Ok(Scanned::Report(Box::new(report(&call.target, call.part.as_ref()))))
}

/// What the scanner is asked.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) target: TargetId,
    pub(crate) part: Option<Part>,
    /// 1 for the first time this target (whole or part) is scanned.
    pub(crate) time: usize,
    pub(crate) stop: CancellationToken,
}

impl Call {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.target == target(name)
    }
}

type Find = dyn Fn(usize) -> BoxFuture<'static, Result<Discovery, ScanError>> + Send + Sync;
type Look = dyn Fn(Call) -> BoxFuture<'static, Result<Scanned, ScanError>> + Send + Sync;

/// A scanner that does as told, and remembers.
pub(crate) struct Script {
    find: Box<Find>,
    look: Box<Look>,
    discoveries: AtomicUsize,
    scans: Mutex<Vec<(String, Instant)>>,
    pub(crate) inside: AtomicUsize,
}

impl Script {
    pub(crate) fn new<F, L>(
        find: impl Fn(usize) -> F + Send + Sync + 'static,
        look: impl Fn(Call) -> L + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        F: Future<Output = Result<Discovery, ScanError>> + Send + 'static,
        L: Future<Output = Result<Scanned, ScanError>> + Send + 'static,
    {
        Arc::new(Self {
            find: Box::new(move |time| Box::pin(find(time))),
            look: Box::new(move |call| Box::pin(look(call))),
            discoveries: AtomicUsize::new(0),
            scans: Mutex::default(),
            inside: AtomicUsize::new(0),
        })
    }

    /// One that finds these and scans as told.
    pub(crate) fn over<L>(
        names: &'static [&'static str],
        look: impl Fn(Call) -> L + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        L: Future<Output = Result<Scanned, ScanError>> + Send + 'static,
    {
        Self::new(move |_| async move { complete(names) }, look)
    }

    /// One that finds these and has nothing to say about them.
    pub(crate) fn plain(names: &'static [&'static str]) -> Arc<Self> {
        Self::over(names, |call| async move { fine(&call) })
    }

    pub(crate) fn discoveries(&self) -> usize {
        self.discoveries.load(Ordering::SeqCst)
    }

    /// When a target was scanned, in order.
    pub(crate) fn scans_of(&self, name: &str) -> Vec<Instant> {
        let name = target(name);
        self.scans.lock().unwrap().iter().filter(|(of, _)| *of == name.as_str()).map(|(_, at)| *at).collect()
    }
}

struct Inside<'a>(&'a AtomicUsize);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Scanner for Script {
    async fn discover(&self, _scope: &Scope, _ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let time = self.discoveries.fetch_add(1, Ordering::SeqCst) + 1;
        (self.find)(time).await
    }

    async fn scan(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        let name = part.map_or(target.to_string(), |part| format!("{target}/{}", part.id));
        let time = {
            let mut scans = self.scans.lock().unwrap();
            scans.push((name.clone(), Instant::now()));
            scans.iter().filter(|(of, _)| *of == name).count()
        };
        self.inside.fetch_add(1, Ordering::SeqCst);
        let _inside = Inside(&self.inside);
        let call = Call { target: target.clone(), part: part.cloned(), time, stop: ctx.stop.clone() };
        (self.look)(call).await
    }
}

/// Store and broker in a folder of their own.
pub(crate) struct Bench {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) broker: Arc<EmbeddedBroker>,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap();
        let queue = folder.path().join("queue.db");
        let broker = EmbeddedBroker::open(&queue, EmbeddedConfig::default()).await.unwrap();
        Self { store: Arc::new(store), broker: Arc::new(broker), _folder: folder }
    }

    /// Records a scan; its discover job is not sent.
    pub(crate) async fn record(&self, name: &str, window: u32) -> JobRecord {
        let scan = NewScan {
            id: ScanId::derived(&["worker", name]),
            scope: Scope::Export("folder".to_owned()),
            lane: Lane::Bulk,
            trigger: Trigger { kind: TriggerKind::Manual, who: "a test".to_owned() },
            window,
            time_limit: LONG,
            expires_after: LONG,
        };
        match self.store.create_scan(&scan).await.unwrap() {
            Created::New(_, job) => *job,
            Created::Exists(scan) => panic!("{} is there already", scan.id),
        }
    }

    /// Asks for a scan.
    pub(crate) async fn ask(&self, name: &str, window: u32) -> ScanId {
        let job = self.record(name, window).await;
        self.send(&job).await;
        job.scan
    }

    pub(crate) async fn send(&self, job: &JobRecord) {
        self.broker.publish(vec![Outgoing::job(&job.message())]).await.unwrap();
    }

    /// A worker to be called directly.
    pub(crate) fn worker(&self, scanner: &Arc<Script>, set: impl FnOnce(&mut WorkerConfig)) -> Worker {
        let (marker, notes) = Marker::new();
        let store: Arc<dyn Store> = self.store.clone();
        tokio::spawn(run_marker(store.clone(), notes, Stop::new(ms(0))));
        let mut config = quick();
        set(&mut config);
        let registry = Registry::new().with("export", scanner.clone());
        let key = Arc::new(FingerprintKey::new(vec![7; 32]).unwrap());
        let context = ScanContext::new(key);
        Worker::new(store, self.broker.clone(), registry, context, None, marker, config)
    }

    /// A worker with four slots in its loop.
    pub(crate) fn start(&self, scanner: &Arc<Script>, set: impl FnOnce(&mut WorkerConfig)) -> Running {
        let stop = Stop::new(ms(100));
        let mut config = ConsumeConfig::lane(Lane::Bulk, 4).unwrap();
        config.grace = ms(2_000);
        config.after_trouble = ms(20);
        let worker = Arc::new(self.worker(scanner, set));
        let broker: Arc<dyn Broker> = self.broker.clone();
        let task = tokio::spawn(ConsumerLoop::new(broker, worker, config).run(stop.clone()));
        Running { stop, task }
    }

    pub(crate) async fn scan(&self, id: &ScanId) -> ScanRecord {
        self.store.scan(id).await.unwrap().unwrap()
    }

    pub(crate) async fn job(&self, id: &JobId) -> JobRecord {
        self.store.job(id).await.unwrap().unwrap()
    }

    /// The jobs of a scan but its first, by their target.
    pub(crate) async fn jobs(&self, scan: &ScanId) -> Vec<(String, JobRecord)> {
        let jobs = self.store.scan_jobs(scan, 1, 1_000).await.unwrap();
        jobs.into_iter().map(|job| (job.spec.as_ref().unwrap().target.to_string(), job)).collect()
    }

    pub(crate) async fn listed(&self, scan: &ScanId) -> BTreeSet<String> {
        self.jobs(scan).await.into_iter().map(|(target, _)| target).collect()
    }

    pub(crate) async fn job_of(&self, scan: &ScanId, name: &str) -> JobRecord {
        let target = target(name).to_string();
        self.jobs(scan).await.into_iter().find(|(of, _)| *of == target).map(|(_, job)| job).unwrap()
    }

    /// Waits until a scan is as told.
    pub(crate) async fn until(
        &self,
        id: &ScanId,
        what: &str,
        so: impl Fn(&ScanRecord) -> bool,
    ) -> ScanRecord {
        let end = Instant::now() + PATIENCE;
        loop {
            let scan = self.scan(id).await;
            if so(&scan) {
                return scan;
            }
            assert!(Instant::now() < end, "not in time: {what}: {scan:?}");
            tokio::time::sleep(ms(5)).await;
        }
    }

    /// Waits until nobody has anything in hand, and every job of the list is stored or over.
    pub(crate) async fn until_worked_off(&self, id: &ScanId) -> ScanRecord {
        let scan = self
            .until(id, "worked off", |scan| scan.sealed && scan.in_window == 0 && scan.released == scan.total)
            .await;
        self.until_settled().await;
        scan
    }

    pub(crate) async fn until_settled(&self) {
        until("everything is settled", async || self.depth(Queue::ScanBulk).await == (0, 0)).await;
    }

    pub(crate) async fn depth(&self, queue: Queue) -> (u64, u64) {
        let depth = self.broker.depth(queue).await.unwrap();
        (depth.ready, depth.unacked.unwrap())
    }

    /// Takes everything that is due off a queue.
    pub(crate) async fn take(&self, queue: Queue) -> Vec<Message> {
        let mut consumer = self.broker.consume(queue, 1_000).await.unwrap();
        let mut messages = Vec::new();
        while self.depth(queue).await != (0, 0) {
            let delivery =
                tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a message is due").unwrap();
            messages.push(delivery.message);
            delivery.lease.settle(Settle::Done).await;
        }
        messages
    }

    /// The jobs that result events are about.
    pub(crate) async fn results(&self) -> Vec<JobId> {
        let job = |message: Message| match CloudEvent::from_bytes(&message.body).unwrap().data {
            EventData::ResultStored(stored) => stored.job,
            other => panic!("{other:?} is no result"),
        };
        self.take(Queue::Results).await.into_iter().map(job).collect()
    }

    /// Begins an attempt like a process that will never be heard of again.
    pub(crate) async fn die_with(&self, job: &JobId, alone: bool) -> Attempt {
        let request = BeginRequest {
            job: job.clone(),
            holder: WorkerId::new("a dead one").unwrap(),
            ttl: ms(1),
            alone,
            max_failures: 1_000,
            max_crashes: 1,
            max_crashes_alone: 1_000,
            limits: Limits::default(),
        };
        let begin = self.store.begin_attempt(&request).await.unwrap();
        let Begin::Started(attempt) = begin else { panic!("{begin:?}") };
        tokio::time::sleep(ms(10)).await;
        *attempt
    }
}

/// Settings with short waits.
fn quick() -> WorkerConfig {
    let id: u64 = rand::random();
    WorkerConfig {
        fence_ttl: ms(3_000),
        max_failures: 3,
        max_crashes: 1,
        max_crashes_alone: 2,
        retry_first: ms(10),
        retry_most: ms(60),
        outage_wait: ms(20),
        stop_within: ms(300),
        ..WorkerConfig::new(WorkerId::new(format!("worker-{id:x}")).unwrap())
    }
}

/// A worker at work.
pub(crate) struct Running {
    pub(crate) stop: Stop,
    task: JoinHandle<DrainReport>,
}

impl Running {
    /// Cuts the intake and waits for the work in hand.
    pub(crate) async fn drained(self) -> DrainReport {
        self.stop.drain();
        self.ended().await
    }

    /// Gives back what is in hand.
    pub(crate) async fn killed(self) -> DrainReport {
        self.stop.kill();
        self.ended().await
    }

    async fn ended(self) -> DrainReport {
        tokio::time::timeout(PATIENCE, self.task).await.expect("the loop ends in time").unwrap()
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(ms(5)).await;
    }
}

/// Hands a message over outside of any loop.
pub(crate) async fn hand(worker: &Worker, message: Message) -> Settle {
    let ctx = JobContext::detached(LONG).await;
    consumer::hand(worker, message, &ctx).await
}

/// A message as it comes from the broker.
pub(crate) fn message(body: &[u8], user: Option<&str>) -> Message {
    Message {
        id: Some("m".to_owned()),
        queue: Queue::ScanBulk,
        body: Arc::from(body),
        cause: None,
        headers: std::collections::BTreeMap::new(),
        redelivered: false,
        user_id: user.map(str::to_owned),
        death: None,
    }
}

pub(crate) fn job_message(job: &JobRecord) -> Message {
    message(&job.message().to_bytes(), None)
}

/// What an end reads like, and by which word it is counted.
pub(crate) fn end_of(job: &JobRecord) -> String {
    assert_eq!(job.state, JobState::Ended, "{job:?}");
    job.end.as_ref().map(ToString::to_string).unwrap()
}

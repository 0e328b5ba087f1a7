//! A broker, a loop on it, and a handler that is a closure.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop, DrainReport, Handler, JobContext, Liveness};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Depth, Destination, Message, Outgoing, Queue, Settle};
use checkmate_service::Stop;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const LONG: Duration = Duration::from_secs(600);

type Work = dyn for<'a> Fn(Message, &'a JobContext) -> BoxFuture<'a, Settle> + Send + Sync;

/// Handles by a closure, remembers what began, and counts who is inside.
pub(crate) struct Script {
    limit: Duration,
    work: Box<Work>,
    began: Mutex<Vec<String>>,
    pub(crate) inside: AtomicUsize,
}

impl Script {
    pub(crate) fn new<F>(limit: Duration, work: F) -> Arc<Self>
    where
        F: for<'a> Fn(Message, &'a JobContext) -> BoxFuture<'a, Settle> + Send + Sync + 'static,
    {
        let (began, inside) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { limit, work: Box::new(work), began, inside })
    }

    /// The ids in the order of beginning.
    pub(crate) fn began(&self) -> Vec<String> {
        self.began.lock().unwrap().clone()
    }

    pub(crate) fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }
}

struct Inside<'a>(&'a AtomicUsize);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Handler for Script {
    type Work = ();

    fn read(&self, message: &Message) -> (Self::Work, Duration) {
        assert_ne!(message.id.as_deref(), Some("no limit"), "asked for by a test");
        ((), self.limit)
    }

    async fn handle(&self, (): Self::Work, message: Message, ctx: &JobContext) -> Settle {
        self.began.lock().unwrap().push(message.id.clone().unwrap());
        self.inside.fetch_add(1, Ordering::SeqCst);
        let _inside = Inside(&self.inside);
        (self.work)(message, ctx).await
    }
}

/// An embedded broker in its own folder.
pub(crate) struct Bench {
    pub(crate) broker: Arc<EmbeddedBroker>,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let broker = EmbeddedBroker::open(&path, EmbeddedConfig::default()).await.unwrap();
        Self { broker: Arc::new(broker), _folder: folder }
    }

    pub(crate) async fn publish(&self, lane: Lane, ids: &[&str]) {
        let message = |id: &&str| Outgoing::new(Destination::Work(lane), *id, Vec::new());
        self.broker.publish(ids.iter().map(message).collect()).await.unwrap();
    }

    pub(crate) async fn depth(&self, queue: Queue) -> (u64, u64) {
        let Depth { ready, unacked } = self.broker.depth(queue).await.unwrap();
        (ready, unacked.unwrap())
    }

    pub(crate) fn start(&self, handler: &Arc<Script>, config: ConsumeConfig) -> Running {
        Running::start(Arc::clone(&self.broker) as Arc<dyn Broker>, handler, config)
    }
}

/// A loop at work.
pub(crate) struct Running {
    pub(crate) stop: Stop,
    pub(crate) liveness: Arc<Liveness>,
    task: JoinHandle<DrainReport>,
}

impl Running {
    pub(crate) fn start(broker: Arc<dyn Broker>, handler: &Arc<Script>, config: ConsumeConfig) -> Self {
        Self::of(ConsumerLoop::new(broker, Arc::clone(handler), config))
    }

    pub(crate) fn of(consuming: ConsumerLoop<Script>) -> Self {
        let stop = Stop::new(Duration::from_secs(1));
        let liveness = consuming.liveness();
        let task = tokio::spawn(consuming.run(stop.clone()));
        Self { stop, liveness, task }
    }

    /// Cuts the intake and waits for the end.
    pub(crate) async fn drained(self) -> DrainReport {
        self.stop.drain();
        self.ended().await
    }

    pub(crate) async fn ended(self) -> DrainReport {
        tokio::time::timeout(PATIENCE, self.task).await.expect("the loop ends in time").unwrap()
    }
}

/// Settings with short waits.
pub(crate) fn quick(mut config: ConsumeConfig) -> ConsumeConfig {
    config.grace = Duration::from_millis(150);
    config.after_trouble = Duration::from_millis(50);
    config.resubscribe = (Duration::from_millis(5), Duration::from_millis(50));
    config
}

pub(crate) fn bulk(slots: u16) -> ConsumeConfig {
    quick(ConsumeConfig::lane(Lane::Bulk, slots).unwrap())
}

/// A handler that lets one job end for each permit.
pub(crate) fn gated() -> (Arc<Script>, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let inner = Arc::clone(&gate);
    let script = Script::new(LONG, move |_, _| {
        let gate = Arc::clone(&inner);
        async move {
            gate.acquire().await.unwrap().forget();
            Settle::Done
        }
        .boxed()
    });
    (script, gate)
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Long enough that something which must not happen would have.
pub(crate) async fn a_while() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

pub(crate) fn later(ms: u64, reason: &str) -> Settle {
    Settle::Later { after: Duration::from_millis(ms), reason: reason.to_owned() }
}

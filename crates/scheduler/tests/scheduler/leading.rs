//! One keeper at a time, and a second one that does no harm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_queue::{Broker, BrokerError, Consumer, Depth, Outgoing, PublishError, Queue};
use checkmate_scheduler::keeper::{Keeper, KeeperConfig, Round};
use checkmate_service::Stop;
use checkmate_store::{JobState, ScanState, Store};
use tokio::sync::Semaphore;

use crate::harness::{Bench, LONG, PATIENCE, config, ms, new_scan, settle, until};

/// A broker that stands still where a test wants it to, like a process that was frozen there.
struct Frozen {
    broker: Arc<dyn Broker>,
    at: Place,
    reached: Semaphore,
    go_on: Semaphore,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Depth,
    Publish,
}

impl Frozen {
    fn new(broker: Arc<dyn Broker>, at: Place) -> Arc<Self> {
        Arc::new(Self { broker, at, reached: Semaphore::new(0), go_on: Semaphore::new(0) })
    }

    /// Waits until somebody stands still here.
    async fn reached(&self) {
        let permit = tokio::time::timeout(PATIENCE, self.reached.acquire()).await;
        permit.expect("nobody came to the place in time").unwrap().forget();
    }

    async fn pass(&self, place: Place) {
        if place == self.at {
            self.reached.add_permits(1);
            self.go_on.acquire().await.unwrap().forget();
        }
    }
}

#[async_trait]
impl Broker for Frozen {
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        self.pass(Place::Publish).await;
        self.broker.publish(messages).await
    }
    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        self.broker.consume(queue, prefetch).await
    }
    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.pass(Place::Depth).await;
        self.broker.depth(queue).await
    }
    fn take_created(&self) -> Vec<Queue> {
        self.broker.take_created()
    }
    async fn ready(&self) -> Result<(), BrokerError> {
        self.broker.ready().await
    }
    async fn close(&self) {
        self.broker.close().await;
    }
}

/// How long a leader that is heard of no more stays leader; longer than the steps of a round before it stands still
/// take on a busy machine.
const BRIEF: Duration = Duration::from_secs(4);

fn brief(owner: &str) -> KeeperConfig {
    KeeperConfig { lock_ttl: BRIEF, ..config(owner) }
}

/// The first round that this keeper leads, once the one before it is leader no more.
async fn first_led_round(keeper: &Keeper) -> Round {
    let started = Instant::now();
    loop {
        let round = keeper.round(&mut None).await.unwrap();
        if round.led {
            return round;
        }
        assert!(started.elapsed() < PATIENCE, "it never came to lead");
        tokio::time::sleep(ms(50)).await;
    }
}

#[tokio::test]
async fn one_leads_and_the_other_takes_over_when_it_is_gone() {
    let bench = Bench::new().await;
    let (one, two) = (
        Keeper::new(bench.store.clone(), bench.broker.clone(), brief("one")),
        Keeper::new(bench.store.clone(), bench.broker.clone(), brief("two")),
    );
    let (mut first, mut second) = (None, None);
    assert!(one.round(&mut first).await.unwrap().led);
    assert!(!two.round(&mut second).await.unwrap().led);
    assert!(first.is_some() && second.is_none());
    // The first one dies without giving the lock back.
    tokio::time::sleep(BRIEF + ms(50)).await;
    assert!(two.round(&mut second).await.unwrap().led);
    assert!(!one.round(&mut first).await.unwrap().led);
    assert!(first.is_none(), "it knows that it leads no more");
}

#[tokio::test]
async fn a_keeper_that_stops_gives_leadership_back_at_once() {
    let bench = Bench::new().await;
    let stop = Stop::new(ms(10));
    let first = bench.keeper("one");
    let task = tokio::spawn({
        let stop = stop.clone();
        async move { first.run(&stop).await }
    });
    let job = bench.recorded("a").await;
    until("the first one keeps", || async { bench.job(&job.id).await.state == JobState::Published }).await;
    stop.drain();
    task.await.unwrap();
    assert!(bench.keeper("two").round(&mut None).await.unwrap().led, "the lock would hold for a minute");
}

#[tokio::test]
async fn a_leader_that_was_frozen_before_it_looked_does_nothing_when_it_wakes() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, BRIEF), &["a", "b"]).await;
    let frozen = Frozen::new(bench.broker.clone(), Place::Depth);
    let late = Keeper::new(bench.store.clone(), frozen.clone(), brief("late"));
    let late = tokio::spawn(async move { late.round(&mut None).await.unwrap() });
    frozen.reached().await;
    tokio::time::sleep(BRIEF).await;

    let other = Keeper::new(bench.store.clone(), bench.broker.clone(), config("other"));
    assert_eq!(first_led_round(&other).await.expired, 1);
    let before = bench.scan(&released[0].scan).await;
    let sent = bench.sent().await;
    frozen.go_on.add_permits(100);
    let round = late.await.unwrap();
    assert_eq!((round.expired, round.republished, round.resent, round.topped_up), (0, 0, 0, 0), "{round:?}");
    assert_eq!(bench.scan(&released[0].scan).await, before);
    assert_eq!(sent.len(), 1, "the other sent what the end of the first released");
    assert_eq!(bench.depth(Queue::ScanBulk).await, (0, 0));
}

#[tokio::test]
async fn a_leader_that_was_frozen_while_it_sent_does_no_harm_when_it_wakes() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 2, LONG), &["a", "b"]).await;
    let frozen = Frozen::new(bench.broker.clone(), Place::Publish);
    let late = Keeper::new(bench.store.clone(), frozen.clone(), brief("late"));
    settle().await;
    let late = tokio::spawn(async move { late.round(&mut None).await.unwrap() });
    frozen.reached().await;
    // Meanwhile everything is done without it.
    let other = Keeper::new(bench.store.clone(), bench.broker.clone(), config("other"));
    assert_eq!(first_led_round(&other).await.republished, 2);
    assert_eq!(bench.sent().await.len(), 2);
    bench.stored(&released[0]).await;
    let running = bench.begin(&released[1].id, LONG).await;

    frozen.go_on.add_permits(100);
    late.await.unwrap();
    assert_eq!(bench.job(&released[0].id).await.state, JobState::Stored);
    assert_eq!(bench.job(&released[1].id).await.state, JobState::Running);
    assert_eq!(bench.sent().await.len(), 2, "repeats, which workers know for what they are");
    let report = checkmate_domain::ScanReport::target_gone(released[1].spec.as_ref().unwrap().target.clone());
    bench.store.store_result(&running.fence, &report).await.unwrap();
    assert_eq!(bench.scan(&released[0].scan).await.pending, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_keepers_at_once_send_each_stuck_job_once() {
    let bench = Bench::new().await;
    for n in 0..20 {
        bench.recorded(&n.to_string()).await;
    }
    let stop = Stop::new(ms(10));
    let mut tasks = Vec::new();
    for owner in ["one", "two"] {
        let (keeper, stop) = (bench.keeper(owner), stop.clone());
        tasks.push(tokio::spawn(async move { keeper.run(&stop).await }));
    }
    until("all are sent", || async { bench.depth(Queue::ScanBulk).await.0 >= 20 }).await;
    settle().await;
    stop.drain();
    for task in tasks {
        task.await.unwrap();
    }
    let mut sent = bench.sent().await;
    sent.dedup();
    assert_eq!(sent.len(), 20);
    for scan in bench.store.scans(0, 100).await.unwrap() {
        assert_eq!(scan.state, ScanState::Planned);
    }
}

//! The embedded broker: the suite of all brokers, and what only it promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[macro_use]
mod conformance;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checkmate_domain::Lane;
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig, OpenError};
use checkmate_queue::{Broker, Destination, Outgoing, PublishError, Queue, Settle, Settled};
use conformance::{
    Fixture, WORK, consume, depth_becomes, id, later, next, nothing_comes, publish, settle, work,
};

struct Embedded {
    folder: tempfile::TempDir,
    config: EmbeddedConfig,
    now: Mutex<(Arc<EmbeddedBroker>, PathBuf)>,
}

impl Embedded {
    async fn with(config: EmbeddedConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.db");
        let broker = Arc::new(EmbeddedBroker::open(&path, config.clone()).await.unwrap());
        Self { folder, config, now: Mutex::new((broker, path)) }
    }

    fn now(&self) -> (Arc<EmbeddedBroker>, PathBuf) {
        self.now.lock().unwrap().clone()
    }
}

/// What a process that dies right now leaves on the disk.
fn as_after_a_kill(path: &Path, folder: &Path) -> PathBuf {
    let number: u32 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let copy = folder.join(format!("{}.db", number + 1));
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&name(path)).exists() {
            std::fs::copy(name(path), name(&copy)).unwrap();
        }
    }
    copy
}

#[async_trait::async_trait]
impl Fixture for Embedded {
    fn broker(&self) -> Arc<dyn Broker> {
        self.now().0
    }

    async fn lose_leases(&self) {
        self.now().0.revoke_leases();
    }

    async fn restart(&self) {
        let (broker, path) = self.now();
        let copy = as_after_a_kill(&path, self.folder.path());
        broker.close().await;
        let broker = EmbeddedBroker::open(&copy, self.config.clone()).await.unwrap();
        *self.now.lock().unwrap() = (Arc::new(broker), copy);
    }

    fn back_within(&self, after: Duration) -> Duration {
        after + Duration::from_millis(500)
    }

    fn random_cases(&self) -> u32 {
        24
    }
}

async fn embedded() -> Embedded {
    Embedded::with(EmbeddedConfig::default()).await
}

conformance!(each: embedded);

#[tokio::test]
async fn a_lease_that_takes_too_long_is_lost() {
    let lease_timeout = Duration::from_millis(200);
    let fixture = Embedded::with(EmbeddedConfig { lease_timeout, ..EmbeddedConfig::default() }).await;
    publish(&fixture, &["a"]).await;
    let mut consumer = consume(&fixture, WORK, 1).await;
    let taken = Instant::now();
    let slow = next(&mut consumer).await;
    let again = next(&mut consumer).await;
    assert!(taken.elapsed() >= lease_timeout);
    assert!(slow.lease.lost().is_cancelled() && !again.lease.lost().is_cancelled());
    assert_eq!(slow.lease.settle(Settle::Done).await, Settled::LeaseLost);
    assert!(again.message.redelivered);
    settle(again, Settle::Done).await;
    nothing_comes(&mut consumer).await;
}

#[tokio::test]
async fn what_is_handed_out_too_often_dies() {
    let fixture = Embedded::with(EmbeddedConfig { delivery_limit: 3, ..EmbeddedConfig::default() }).await;
    publish(&fixture, &["poison", "good"]).await;
    let mut consumer = consume(&fixture, WORK, 1).await;
    for _ in 0..3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(id(&delivery), "poison");
        drop(delivery.lease);
    }
    let good = next(&mut consumer).await;
    assert_eq!(id(&good), "good");
    let body = next(&mut consume(&fixture, Queue::Dead, 1).await).await;
    let death = body.message.death.unwrap();
    assert_eq!((death.queue.as_str(), death.reason.as_str()), (WORK.name(), "delivery limit reached"));
    depth_becomes(&fixture, WORK, 0, 1).await;
}

#[tokio::test]
async fn a_full_queue_refuses_and_takes_again() {
    let config = EmbeddedConfig {
        most_messages: 10,
        most_bytes: 10_000,
        largest_message: 2_000,
        ..EmbeddedConfig::default()
    };
    let fixture = Embedded::with(config).await;
    let broker = fixture.broker();
    let sized = |id: &str, size| Outgoing::new(Destination::Work(Lane::Bulk), id, vec![0; size]);
    let refused = |result| matches!(result, Err(PublishError::Refused { .. }));
    assert!(refused(broker.publish(vec![sized("huge", 2_001)]).await));
    assert!(refused(broker.publish((0..6).map(|_| sized("bytes", 1_900)).collect()).await));
    assert!(refused(broker.publish((0..11).map(|_| sized("many", 1)).collect()).await));
    let tries = futures::future::join_all((0..20).map(|n| broker.publish(vec![work(&n.to_string())]))).await;
    assert_eq!(tries.iter().filter(|result| result.is_ok()).count(), 10);
    broker.publish(vec![Outgoing::new(Destination::Work(Lane::Interactive), "other", vec![])]).await.unwrap();
    let mut consumer = consume(&fixture, WORK, 1).await;
    settle(next(&mut consumer).await, Settle::Done).await;
    publish(&fixture, &["fits again"]).await;
    assert!(refused(broker.publish(vec![work("no more")]).await));
}

#[tokio::test]
async fn one_process_owns_the_file() {
    let fixture = embedded().await;
    let second = EmbeddedBroker::open(&fixture.now().1, EmbeddedConfig::default()).await;
    assert!(matches!(second, Err(OpenError::InUse(_))));
}

#[tokio::test]
async fn what_an_earlier_process_stored_counts_as_perhaps_delivered() {
    let fixture = embedded().await;
    publish(&fixture, &["a"]).await;
    let _held = next(&mut consume(&fixture, WORK, 1).await).await;
    fixture.restart().await;
    publish(&fixture, &["b"]).await;
    let mut consumer = consume(&fixture, WORK, 2).await;
    let (first, second) = (next(&mut consumer).await, next(&mut consumer).await);
    assert_eq!((id(&first).as_str(), first.message.redelivered), ("a", true));
    assert_eq!((id(&second).as_str(), second.message.redelivered), ("b", false));
}

#[tokio::test]
async fn delayed_messages_count_as_waiting() {
    let fixture = embedded().await;
    publish(&fixture, &["a"]).await;
    settle(next(&mut consume(&fixture, WORK, 1).await).await, later(Duration::from_secs(600))).await;
    depth_becomes(&fixture, WORK, 1, 0).await;
    fixture.restart().await;
    depth_becomes(&fixture, WORK, 1, 0).await;
}

#[tokio::test]
async fn a_publish_whose_caller_gives_up_is_delivered_all_the_same() {
    let fixture = embedded().await;
    let mut consumer = consume(&fixture, WORK, 1).await;
    let broker = fixture.broker();
    let mut gone = broker.publish(vec![work("a")]);
    assert!(futures::poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(id(&next(&mut consumer).await), "a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_far_beyond_memory_keeps_its_order_among_new_ones() {
    let fixture = embedded().await;
    let ids: Vec<String> = (0..6_000).map(|n| n.to_string()).collect();
    for chunk in ids[..4_000].chunks(500) {
        fixture.broker().publish(chunk.iter().map(|id| work(id)).collect()).await.unwrap();
    }
    let mut consumer = consume(&fixture, WORK, 200).await;
    let mut held = Vec::new();
    for (n, expected) in ids.iter().enumerate() {
        if n % 500 == 0 && n < 2_000 {
            let chunk = &ids[4_000 + n..4_500 + n];
            fixture.broker().publish(chunk.iter().map(|id| work(id)).collect()).await.unwrap();
        }
        let delivery = next(&mut consumer).await;
        assert_eq!(&id(&delivery), expected);
        held.push(delivery);
        if held.len() == 200 {
            let verdicts = held.drain(..).map(|delivery| settle(delivery, Settle::Done));
            futures::future::join_all(verdicts).await;
        }
    }
    depth_becomes(&fixture, WORK, 0, 0).await;
}

#[tokio::test]
async fn large_messages_wait_on_the_disk() {
    let fixture = embedded().await;
    for n in 0..12 {
        let body = vec![n; 3 << 20];
        let message = Outgoing::new(Destination::Work(Lane::Bulk), n.to_string(), body);
        fixture.broker().publish(vec![message]).await.unwrap();
    }
    let mut consumer = consume(&fixture, WORK, 2).await;
    for n in 0..12 {
        let delivery = next(&mut consumer).await;
        assert_eq!((id(&delivery), delivery.message.body[7]), (n.to_string(), n));
        settle(delivery, Settle::Done).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_worked_off_in_every_way_while_it_grows_is_done_once() {
    const ALL: usize = 6_000;
    let fixture = embedded().await;
    let broker = fixture.broker();
    let send = |from: usize, to: usize| (from..to).map(|n| work(&n.to_string())).collect::<Vec<_>>();
    broker.publish(send(0, ALL / 2)).await.unwrap();
    let growing = tokio::spawn(async move {
        for n in (ALL / 2..ALL).step_by(10) {
            broker.publish(send(n, n + 10)).await.unwrap();
        }
    });
    let mut consumer = consume(&fixture, WORK, 64).await;
    let (mut times, mut running) = (vec![0u32; ALL], tokio::task::JoinSet::new());
    let mut done = 0;
    while done < ALL {
        let delivery = next(&mut consumer).await;
        let number: usize = id(&delivery).parse().unwrap();
        let first = times[number] == 0;
        times[number] += 1;
        let verdict = match number % 10 {
            0 if first => later(Duration::from_millis(number as u64 % 30)),
            1 if first => Settle::Requeue,
            2 if first => later(Duration::ZERO),
            _ => Settle::Done,
        };
        done += usize::from(verdict == Settle::Done);
        running.spawn(settle(delivery, verdict));
    }
    running.join_all().await;
    growing.await.unwrap();
    depth_becomes(&fixture, WORK, 0, 0).await;
    for (number, times) in times.into_iter().enumerate() {
        assert_eq!(times, if number % 10 < 3 { 2 } else { 1 }, "message {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_is_told_leaves_nothing_and_is_seen_to_be_over() {
    let fixture = embedded().await;
    let (broker, path) = fixture.now();
    publish(&fixture, &["before"]).await;
    // Somebody else writes to the file, which nobody should: the broker's own writes fail after a while.
    let intruder = rusqlite::Connection::open(&path).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failed = broker.publish(vec![work("failed")]).await;
    assert!(matches!(failed, Err(PublishError::Unavailable(_))), "{failed:?}");
    intruder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(broker.ready().await, Ok(()));
    depth_becomes(&fixture, WORK, 1, 0).await;
    fixture.restart().await;
    depth_becomes(&fixture, WORK, 1, 0).await;
}

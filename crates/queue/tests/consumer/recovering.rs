//! Subscriptions end and brokers go away; the loop goes on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::{
    Broker, BrokerError, Consumer, Delivery, Depth, Outgoing, PublishError, Queue, Settle,
};
use futures::FutureExt;

use crate::harness::{Bench, LONG, Running, Script, bulk, later, until};

/// Ends each subscription after two messages, and refuses every second one.
struct Flaky {
    inner: Arc<dyn Broker>,
    asked: AtomicUsize,
}

struct FlakyConsumer {
    inner: Box<dyn Consumer>,
    left: usize,
}

#[async_trait]
impl Broker for Flaky {
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        self.inner.publish(messages).await
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        if self.asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return Err(BrokerError::Unavailable("the test said so".to_owned()));
        }
        Ok(Box::new(FlakyConsumer { inner: self.inner.consume(queue, prefetch).await?, left: 2 }))
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.inner.depth(queue).await
    }

    fn take_created(&self) -> Vec<Queue> {
        Vec::new()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn close(&self) {}
}

#[async_trait]
impl Consumer for FlakyConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        if self.left == 0 {
            return None;
        }
        let delivery = self.inner.next().await;
        self.left -= 1;
        delivery
    }

    fn ready(&mut self) -> Option<Delivery> {
        let delivery = (self.left > 0).then(|| self.inner.ready()).flatten();
        self.left -= usize::from(delivery.is_some());
        delivery
    }

    async fn stop(&mut self) {
        self.inner.stop().await;
    }

    fn ended_because(&self) -> Option<String> {
        Some("406: consumer time-out: the job's time limit does not fit".to_owned())
    }
}

#[tokio::test]
async fn an_ended_subscription_is_made_again_for_ever() {
    let bench = Bench::new().await;
    let flaky = Arc::new(Flaky { inner: Arc::clone(&bench.broker) as _, asked: AtomicUsize::new(0) });
    let script = Script::new(LONG, |_, _| async { Settle::Done }.boxed());
    let ids: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    bench.publish(Lane::Bulk, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let running = Running::start(Arc::clone(&flaky) as _, &script, bulk(4));
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(script.began(), ids);
    assert!(flaky.asked.load(Ordering::SeqCst) >= 20);
    running.drained().await;
}

#[tokio::test]
async fn a_broker_that_is_gone_is_reported_and_hinders_no_end() {
    let bench = Bench::new().await;
    let script = Script::new(LONG, |_, _| async { Settle::Done }.boxed());
    let running = bench.start(&script, bulk(4));
    bench.publish(Lane::Bulk, &["a"]).await;
    until("it works", || async { script.began().len() == 1 }).await;
    assert!(running.liveness.trouble(Duration::ZERO).is_none_or(|text| text.contains("turned")));
    bench.broker.close().await;
    until("the loss is seen", || async { running.liveness.down().contains_key(&Queue::ScanBulk) }).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let trouble = running.liveness.trouble(Duration::from_millis(10)).unwrap();
    assert!(trouble.contains("checkmate.scan.bulk") || trouble.contains("turned"), "{trouble}");
    running.drained().await;
}

/// A cheap random number that depends on its input only.
fn scramble(id: &str, attempt: usize) -> usize {
    id.bytes().fold(attempt.wrapping_mul(0x9E37_79B9), |hash, byte| {
        (hash ^ usize::from(byte)).wrapping_mul(0x0100_0000_01B3)
    }) >> 7
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_done_once_through_losses_panics_and_delays() {
    let bench = Bench::new().await;
    let done: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (inner, attempts) = (Arc::clone(&done), AtomicUsize::new(0));
    let script = Script::new(Duration::from_millis(30), move |message, ctx| {
        let (done, attempt) = (Arc::clone(&inner), attempts.fetch_add(1, Ordering::SeqCst));
        async move {
            let id = message.id.unwrap();
            match scramble(&id, attempt) % 12 {
                0 => panic!("random"),
                1 => later(3, "random"),
                2 => Settle::Requeue,
                3 => std::future::pending().await,
                4 => {
                    let _alone = ctx.alone().await;
                    Settle::Requeue
                }
                5 => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    later(0, "slept")
                }
                _ => {
                    *done.lock().unwrap().entry(id).or_default() += 1;
                    Settle::Done
                }
            }
        }
        .boxed()
    });
    let ids: Vec<String> = (0..250).map(|n| format!("job {n}")).collect();
    bench.publish(Lane::Bulk, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut config = bulk(16);
    config.grace = Duration::from_millis(10);
    config.after_trouble = Duration::from_millis(2);
    let flaky = Flaky { inner: Arc::clone(&bench.broker) as _, asked: AtomicUsize::new(0) };
    let running = Running::start(Arc::new(flaky), &script, config);
    let mut revocations = 0;
    until("all done", || {
        revocations += 1;
        if revocations % 10 == 0 {
            bench.broker.revoke_leases();
        }
        async { bench.depth(Queue::ScanBulk).await == (0, 0) }
    })
    .await;
    let report = running.drained().await;
    assert_eq!(report.late, []);
    let done = done.lock().unwrap().clone();
    assert_eq!(done.len(), 250, "every job was done");
    let repeats: usize = done.values().map(|times| times - 1).sum();
    assert!(repeats <= 40, "repeats come from revoked leases only: {repeats}");
    assert_eq!(bench.depth(Queue::Dead).await, (0, 0));
}

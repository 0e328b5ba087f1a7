//! A suspect runs alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use checkmate_domain::Lane;
use checkmate_queue::consumer::JobContext;
use checkmate_queue::{Queue, Settle};
use futures::FutureExt;
use tokio::time::Instant;

use crate::harness::{Bench, LONG, Script, bulk, until};

/// Counts what works at the same time; a job waiting to be alone does not work.
#[derive(Default)]
struct Busy(AtomicUsize);

impl Busy {
    async fn for_a_moment(&self, alone: bool) {
        let others = self.0.fetch_add(1, Ordering::SeqCst);
        for _ in 0..5 {
            assert!(!alone || self.0.load(Ordering::SeqCst) == 1, "somebody else works");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(!alone || others == 0);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_suspects_get_their_turn_and_nobody_else_runs_meanwhile() {
    let bench = Bench::new().await;
    let (busy, wrong) = (Arc::new(Busy::default()), Arc::new(AtomicUsize::new(0)));
    let (inner, inner_wrong) = (Arc::clone(&busy), Arc::clone(&wrong));
    let script = Script::new(LONG, move |message, ctx| {
        let (busy, wrong) = (Arc::clone(&inner), Arc::clone(&inner_wrong));
        async move {
            wrong.fetch_add(usize::from(message.redelivered), Ordering::SeqCst);
            if message.id.is_some_and(|id| id.starts_with("suspect")) {
                let _alone = ctx.alone().await;
                let _again = ctx.alone().await;
                busy.for_a_moment(true).await;
            } else {
                busy.for_a_moment(false).await;
            }
            Settle::Done
        }
        .boxed()
    });
    let ids: Vec<String> =
        (0..60).map(|n| if n % 6 < 2 { format!("suspect {n}") } else { format!("plain {n}") }).collect();
    bench.publish(Lane::Bulk, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let running = bench.start(&script, bulk(5));
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(script.began().len(), 60, "nothing panicked or came again");
    assert_eq!(wrong.load(Ordering::SeqCst), 0);
    running.drained().await;
}

#[tokio::test]
async fn waiting_to_be_alone_costs_no_time_and_ends_with_the_process() {
    let bench = Bench::new().await;
    let script = Script::new(Duration::from_millis(400), |message, ctx| {
        async move {
            if message.id.as_deref() == Some("neighbour") {
                tokio::time::sleep(Duration::from_millis(300)).await;
                return Settle::Done;
            }
            let asked = Instant::now();
            let _alone = ctx.alone().await;
            assert!(asked.elapsed() > Duration::from_millis(150));
            assert!(ctx.time_left() > Duration::from_millis(250), "{:?} left", ctx.time_left());
            ctx.stopping().cancelled().await;
            Settle::Requeue
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["neighbour", "suspect"]).await;
    let running = bench.start(&script, bulk(3));
    until("the neighbour is done", || async { bench.depth(Queue::ScanBulk).await.1 == 1 }).await;
    bench.publish(Lane::Bulk, &["held off"]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(script.began(), ["neighbour", "suspect"]);
    running.stop.kill();
    running.ended().await;
    assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 0));
}

#[tokio::test]
async fn a_detached_context_is_alone_at_once() {
    let ctx = JobContext::detached(LONG).await;
    let _alone = ctx.alone().await;
    assert!(ctx.cause().is_none() && !ctx.stopping().is_cancelled());
}

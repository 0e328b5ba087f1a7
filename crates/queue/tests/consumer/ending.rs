//! How jobs end: deadline, lost lease, panic, shutdown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkmate_domain::Lane;
use checkmate_queue::consumer::StopCause;
use checkmate_queue::names::HEADER_REASON;
use checkmate_queue::{Queue, Settle};
use futures::FutureExt;

use crate::harness::{Bench, LONG, Script, bulk, later, until};

type Notes = Arc<Mutex<Vec<String>>>;

fn note(notes: &Notes, text: impl Into<String>) {
    notes.lock().unwrap().push(text.into());
}

fn notes_of(notes: &Notes) -> Vec<String> {
    notes.lock().unwrap().clone()
}

#[tokio::test]
async fn a_deadline_is_told_and_the_verdict_of_one_who_listens_counts() {
    let bench = Bench::new().await;
    let notes = Notes::default();
    let inner = Arc::clone(&notes);
    let script = Script::new(Duration::from_millis(100), move |message, ctx| {
        let notes = Arc::clone(&inner);
        async move {
            if let Some(reason) = message.headers.get(HEADER_REASON) {
                note(&notes, reason.clone());
                return Settle::Done;
            }
            ctx.stopping().cancelled().await;
            assert_eq!(ctx.time_left(), Duration::ZERO);
            note(&notes, format!("{:?}", ctx.cause()));
            later(10, "half done")
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["a"]).await;
    let running = bench.start(&script, bulk(2));
    until("done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(notes_of(&notes), ["Some(Deadline)", "half done"]);
    running.drained().await;
}

#[tokio::test]
async fn who_does_not_listen_is_dropped_and_comes_again_with_the_reason() {
    let bench = Bench::new().await;
    let notes = Notes::default();
    let inner = Arc::clone(&notes);
    let script = Script::new(Duration::from_millis(80), move |message, _| {
        let notes = Arc::clone(&inner);
        async move {
            match message.headers.get(HEADER_REASON) {
                Some(reason) => note(&notes, reason.clone()),
                None => std::future::pending().await,
            }
            Settle::Done
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["a"]).await;
    let running = bench.start(&script, bulk(1));
    until("overdue is seen", || async { running.liveness.most_overdue().is_some() }).await;
    assert_eq!(running.liveness.most_overdue().unwrap().id, "a");
    until("done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    let reasons = notes_of(&notes);
    assert!(reasons.len() == 1 && reasons[0].contains("time limit"), "{reasons:?}");
    assert_eq!(script.inside(), 0);
    assert!(running.liveness.running().is_empty());
    running.drained().await;
}

#[tokio::test]
async fn a_lost_lease_stops_the_job_and_nothing_is_settled() {
    let bench = Bench::new().await;
    let notes = Notes::default();
    let inner = Arc::clone(&notes);
    let script = Script::new(LONG, move |message, ctx| {
        let notes = Arc::clone(&inner);
        async move {
            if message.redelivered {
                note(&notes, "again");
                return Settle::Done;
            }
            ctx.stopping().cancelled().await;
            note(&notes, format!("{:?}", ctx.cause()));
            Settle::Dead { reason: "must not be used".to_owned() }
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["a"]).await;
    let running = bench.start(&script, bulk(1));
    until("it runs", || async { script.inside() == 1 }).await;
    bench.broker.revoke_leases();
    until("done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(notes_of(&notes), ["Some(LeaseLost)", "again"]);
    assert_eq!(bench.depth(Queue::Dead).await, (0, 0));
    assert_eq!(running.drained().await.given_back, 1);
}

#[tokio::test]
async fn a_panic_costs_a_delay_and_nobody_else() {
    let bench = Bench::new().await;
    let notes = Notes::default();
    let inner = Arc::clone(&notes);
    let script = Script::new(LONG, move |message, _| {
        let notes = Arc::clone(&inner);
        async move {
            match message.headers.get(HEADER_REASON) {
                Some(reason) => note(&notes, reason.clone()),
                None if message.id.as_deref() == Some("bad") => panic!("index 7\nout of bounds"),
                None => {}
            }
            Settle::Done
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["bad", "good"]).await;
    let running = bench.start(&script, bulk(1));
    until("done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(script.began(), ["bad", "good", "bad"]);
    assert_eq!(notes_of(&notes), ["the handler panicked: index 7 out of bounds"]);
    bench.publish(Lane::Bulk, &["no limit"]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.publish(Lane::Bulk, &["after"]).await;
    until("the loop lives", || async { script.began().contains(&"after".to_owned()) }).await;
    running.drained().await;
    assert_eq!(bench.depth(Queue::ScanBulk).await, (1, 0), "whoever has no time limit waits for a fix");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draining_finishes_what_it_can_and_names_the_late() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let bench = Bench::new().await;
    let before = tasks();
    let script = Script::new(LONG, |message, ctx| {
        async move {
            match message.id.as_deref() {
                Some("quick") => tokio::time::sleep(Duration::from_millis(100)).await,
                Some("polite") => {
                    ctx.stopping().cancelled().await;
                    assert_eq!(ctx.cause(), Some(StopCause::Shutdown));
                    return later(0, "interrupted");
                }
                _ => std::future::pending().await,
            }
            Settle::Done
        }
        .boxed()
    });
    bench.publish(Lane::Bulk, &["quick", "polite", "deaf"]).await;
    let running = bench.start(&script, bulk(3));
    until("all run", || async { script.inside() == 3 }).await;
    bench.publish(Lane::Bulk, &["not begun"]).await;
    running.stop.drain();
    until("the quick one ends", || async { script.inside() == 2 }).await;
    running.stop.kill();
    let report = running.ended().await;
    let mut late: Vec<_> = report.late.iter().map(|job| job.id.as_str()).collect();
    late.sort_unstable();
    assert_eq!(late, ["deaf", "polite"]);
    assert_eq!((report.begun, report.given_back), (3, 1));
    assert_eq!(script.inside(), 0, "the deaf one was dropped");
    assert_eq!(bench.depth(Queue::ScanBulk).await, (3, 0));
    until("no task is left", || async { tasks() == before }).await;
}

#[tokio::test]
async fn an_idle_loop_ends_at_once() {
    let bench = Bench::new().await;
    let script = Script::new(LONG, |_, _| async { Settle::Done }.boxed());
    let running = bench.start(&script, bulk(4));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(running.liveness.since_last_turn() < Duration::from_secs(1));
    let report = running.drained().await;
    assert!(report.took < Duration::from_millis(100), "{:?}", report.took);
    assert_eq!(report.begun, 0);
}

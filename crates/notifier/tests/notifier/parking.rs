//! Poison results: given up so that the scan can end, and not lost.

use checkmate_domain::TransitionKind;
use checkmate_queue::{Queue, Settle};
use checkmate_store::{JobState, ReconcileLoad, ScanState, Store};

use crate::harness::{Bench, Result, Says, hand, until};

/// Notifiers that loaded the result and were never heard of again.
async fn deaths(bench: &Bench, result: &Result, count: u32) {
    for _ in 0..count {
        let load = bench.store.load_reconcile(&result.job, true).await.unwrap();
        assert!(matches!(load, ReconcileLoad::Ready(_)), "{load:?}");
    }
}

#[tokio::test]
async fn a_result_that_kills_each_notifier_is_parked_and_its_scan_ends_incomplete() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    deaths(&bench, &result, 3).await;
    let running = bench.start();
    bench.send(&[&result]).await;
    until("a dead letter", || async { bench.depth(Queue::Dead).await == (1, 0) }).await;
    running.drained().await;
    assert_eq!(bench.state(&result.job).await, JobState::Parked);
    let scan = bench.scan(&result.scan).await;
    assert_eq!((scan.state, scan.ended.get("parked")), (ScanState::FinishedIncomplete, Some(&1)));
    assert!(bench.log().await.is_empty());
    assert!(bench.store.report(&result.job).await.unwrap().is_some(), "the result is kept");
}

#[tokio::test]
async fn two_deaths_are_not_enough() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    deaths(&bench, &result, 2).await;
    assert_eq!(hand(&bench.notifier(|_| {}), result.message()).await, Settle::Done);
    assert_eq!(bench.kinds().await, [TransitionKind::Opened]);
}

#[tokio::test]
async fn a_parked_result_that_is_sent_again_is_reconciled_once() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    deaths(&bench, &result, 3).await;
    let settle = hand(&notifier, result.message()).await;
    let Settle::Dead { reason } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("4 times") && reason.contains("never reconciled"), "{reason}");

    for _ in 0..3 {
        assert_eq!(hand(&notifier, result.message()).await, Settle::Done);
    }
    assert_eq!(bench.kinds().await, [TransitionKind::Opened]);
    assert_eq!(bench.state(&result.job).await, JobState::Reconciled);
    let scan = bench.scan(&result.scan).await;
    assert_eq!((scan.done, scan.pending, scan.opened, scan.ended.len()), (1, 0, 1, 0), "{scan:?}");
}

#[tokio::test]
async fn a_parked_result_that_is_poison_still_is_given_up_again() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    for _ in 0..3 {
        deaths(&bench, &result, 3).await;
        let settle = hand(&notifier, result.message()).await;
        assert!(matches!(settle, Settle::Dead { .. }), "{settle:?}");
        assert_eq!(bench.state(&result.job).await, JobState::Parked);
    }
    let scan = bench.scan(&result.scan).await;
    assert_eq!((scan.pending, scan.ended.get("parked")), (0, Some(&1)), "counted once: {scan:?}");
}

#[tokio::test]
async fn a_parked_result_that_is_late_changes_nothing_newer() {
    let bench = Bench::new().await;
    let notifier = bench.notifier(|_| {});
    let parked = bench.said("old", &Says::all(&["x"], &["x"])).await;
    deaths(&bench, &parked, 3).await;
    hand(&notifier, parked.message()).await;
    let newer = bench.said("new", &Says::all(&["x"], &[])).await;
    hand(&notifier, newer.message()).await;
    assert_eq!(hand(&notifier, parked.message()).await, Settle::Done);
    assert!(bench.log().await.is_empty(), "the newer scan found nothing there");
}

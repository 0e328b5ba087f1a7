//! Scanners that fail: retried with growing delay, counted, and ended with a reason, so that the scan can finish.

use std::time::Duration;

use checkmate_domain::{EndReason, NotAssessed};
use checkmate_queue::consumer::Handler;
use checkmate_queue::{Broker, Queue, Settle};
use checkmate_scanners::{ScanError, Scanned};
use checkmate_store::{JobState, ScanState, Store};

use crate::harness::{Bench, Call, LONG, Script, end_of, fine, hand, job_message, ms, until};

/// Fails for `bad`, is fine for all others.
fn failing(error: impl Fn(&Call) -> ScanError + Send + Sync + Copy + 'static) -> std::sync::Arc<Script> {
    Script::over(&["bad", "good"], move |call| async move {
        if call.is("bad") { Err(error(&call)) } else { fine(&call) }
    })
}

#[tokio::test]
async fn transient_errors_are_retried_later_each_time_and_end_as_not_assessed() {
    let bench = Bench::new().await;
    let scanner = failing(|call| ScanError::Transient(format!("error {}", call.time)));
    let running = bench.start(&scanner, |config| {
        config.max_failures = 5;
        config.retry_first = ms(40);
        config.retry_most = ms(160);
    });
    let id = bench.ask("a", 1).await;
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert_eq!(scan.ended.get("failed"), Some(&1), "{scan:?}");
    assert_eq!((scan.total, scan.pending, scan.in_window), (2, 1, 0), "only the good result waits");
    let bad = bench.job_of(&id, "bad").await;
    assert_eq!(end_of(&bad), "not assessed (failed: error 5)");
    assert_eq!((bad.failures, bad.crashes), (5, 0));
    let good = bench.job_of(&id, "good").await;
    assert_eq!(good.state, JobState::Stored, "its slot was freed and the next job released");
    let at = scanner.scans_of("bad");
    let waited: Vec<Duration> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waited.len(), 4);
    for (waited, least) in waited.iter().zip([40, 80, 160, 160]) {
        assert!(*waited >= ms(least), "{waited:?} is less than {least} ms");
    }
    let dead = bench.take(Queue::Dead).await;
    assert_eq!(dead.len(), 1);
    assert!(dead[0].death.as_ref().unwrap().reason.contains("error 5"), "{dead:?}");
}

#[tokio::test]
async fn a_job_that_works_in_the_end_is_stored() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["bad", "good"], |call| async move {
        if call.is("bad") && call.time < 3 {
            Err(ScanError::Transient("not yet".to_owned()))
        } else {
            fine(&call)
        }
    });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 5).await;
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert!(scan.ended.is_empty(), "{scan:?}");
    let bad = bench.job_of(&id, "bad").await;
    assert_eq!((bad.state, bad.attempt, bad.failures), (JobState::Stored, 3, 2));
    assert_eq!(bench.results().await.len(), 2);
}

#[tokio::test]
async fn what_will_not_get_better_ends_at_once_and_is_no_dead_letter() {
    type Case = (&'static str, fn() -> ScanError, fn(&NotAssessed) -> bool);
    let cases: [Case; 2] = [
        (
            "failed",
            || ScanError::Permanent("no such tenant".to_owned()),
            |why| matches!(why, NotAssessed::Failed(_)),
        ),
        (
            "target-missing",
            || ScanError::Missing("gone".to_owned()),
            |why| matches!(why, NotAssessed::TargetMissing(_)),
        ),
    ];
    for (word, error, is) in cases {
        let bench = Bench::new().await;
        let scanner = failing(move |_| error());
        let running = bench.start(&scanner, |_| {});
        let id = bench.ask(word, 1).await;
        let scan = bench.until_worked_off(&id).await;
        running.drained().await;
        assert_eq!(scan.ended.get(word), Some(&1), "{scan:?}");
        assert_eq!(scanner.scans_of("bad").len(), 1);
        let bad = bench.job_of(&id, "bad").await;
        assert!(matches!(&bad.end, Some(EndReason::NotAssessed(why)) if is(why)), "{bad:?}");
        assert_eq!(bench.job_of(&id, "good").await.state, JobState::Stored);
        assert_eq!(bench.depth(Queue::Dead).await, (0, 0));
    }
}

#[tokio::test]
async fn a_panicking_scanner_has_failed_and_takes_nobody_along() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["bad", "good"], |call| async move {
        assert!(!call.is("bad"), "index 7 is out of\nbounds");
        fine(&call)
    });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 1).await;
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert_eq!(scan.ended.get("failed"), Some(&1), "{scan:?}");
    let bad = bench.job_of(&id, "bad").await;
    assert_eq!(end_of(&bad), "not assessed (failed: the scanner panicked: index 7 is out of bounds)");
    assert_eq!((bad.failures, bad.crashes), (3, 0), "it was no crash: the process lives");
    assert_eq!(bench.job_of(&id, "good").await.state, JobState::Stored);
}

#[tokio::test]
async fn a_discovery_that_panics_fails_its_scan() {
    let bench = Bench::new().await;
    let scanner = Script::new(
        |_| async move {
            tokio::task::yield_now().await;
            panic!("a list without an end");
        },
        |call| async move { fine(&call) },
    );
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 1).await;
    let scan = bench.until(&id, "failed", |scan| scan.state.is_final()).await;
    bench.until_settled().await;
    running.drained().await;
    assert_eq!(scan.state, ScanState::Failed);
    assert!(scan.error.as_deref().unwrap().contains("a list without an end"), "{scan:?}");
}

#[tokio::test]
async fn the_time_limit_is_a_counted_failure_whether_or_not_the_scanner_listens() {
    for listens in [true, false] {
        let bench = Bench::new().await;
        let scanner = Script::over(&["bad", "good"], move |call| async move {
            if !call.is("bad") {
                return fine(&call);
            }
            if listens {
                call.stop.cancelled().await;
                return Err(ScanError::Stopped);
            }
            std::future::pending().await
        });
        let running = bench.start(&scanner, |config| {
            config.time_limit = ms(100);
            config.stop_within = ms(50);
        });
        let id = bench.ask("a", 1).await;
        let scan = bench.until_worked_off(&id).await;
        running.drained().await;
        assert_eq!(scan.ended.get("failed"), Some(&1), "listens {listens}: {scan:?}");
        let bad = bench.job_of(&id, "bad").await;
        assert!(end_of(&bad).contains("the time limit passed"), "{bad:?}");
        assert_eq!((bad.failures, bad.crashes), (3, 0), "listens {listens}");
        assert_eq!(bench.job_of(&id, "good").await.state, JobState::Stored);
    }
}

#[tokio::test]
async fn the_shorter_of_both_time_limits_counts() {
    let bench = Bench::new().await;
    let worker = bench.worker(&Script::plain(&[]), |config| config.time_limit = ms(500));
    let mut job = bench.record("a", 1).await;
    for (asked, limit) in [(100, 100), (60_000, 500), (0, 0)] {
        job.time_limit_ms = asked;
        assert_eq!(worker.read(&job_message(&job)).1, ms(limit), "asked for {asked} ms");
    }
    let garbage = crate::harness::message(b"garbage", None);
    assert_eq!(worker.read(&garbage).1, ms(500));
}

#[tokio::test]
async fn a_job_past_its_end_is_ended_as_expired_and_not_run() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let discover = {
        let mut new = checkmate_store::NewScan {
            id: checkmate_domain::ScanId::derived(&["worker", "expired"]),
            scope: checkmate_domain::Scope::Export("folder".to_owned()),
            lane: checkmate_domain::Lane::Bulk,
            trigger: checkmate_domain::Trigger {
                kind: checkmate_domain::TriggerKind::Manual,
                who: "a test".to_owned(),
            },
            window: 1,
            time_limit: LONG,
            expires_after: LONG,
        };
        new.expires_after = ms(1);
        match bench.store.create_scan(&new).await.unwrap() {
            checkmate_store::Created::New(_, job) => job,
            checkmate_store::Created::Exists(_) => panic!("new"),
        }
    };
    tokio::time::sleep(ms(10)).await;
    let worker = bench.worker(&scanner, |_| {});
    let settle = hand(&worker, job_message(&discover)).await;
    let Settle::Dead { reason } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("expired"), "{reason}");
    assert_eq!(bench.scan(&discover.scan).await.state, ScanState::Failed);
    assert_eq!(scanner.discoveries(), 0);
}

#[tokio::test]
async fn a_store_that_is_away_counts_nothing_against_the_job() {
    let bench = Bench::new().await;
    let worker = bench.worker(&Script::plain(&["a"]), |_| {});
    let discover = bench.record("a", 1).await;
    let message = job_message(&discover);
    bench.store.close().await;
    let settle = hand(&worker, message).await;
    let Settle::Later { reason, .. } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("store"), "{reason}");
}

#[tokio::test]
async fn a_broker_that_is_away_delays_the_result_and_scans_nothing_twice() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let worker = bench.worker(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    assert_eq!(hand(&worker, job_message(&discover)).await, Settle::Done);
    let job = bench.job_of(&discover.scan, "a").await;
    bench.broker.close().await;
    for _ in 0..2 {
        let settle = hand(&worker, job_message(&job)).await;
        let Settle::Later { reason, .. } = settle else { panic!("{settle:?}") };
        assert!(reason.contains("broker"), "{reason}");
    }
    let job = bench.job(&job.id).await;
    assert_eq!((job.state, job.failures), (JobState::Stored, 0));
    assert_eq!(scanner.scans_of("a").len(), 1, "the stored result stands, only its event is missing");
}

#[tokio::test]
async fn a_cancelled_scan_stops_what_runs_and_begins_nothing() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["a", "b"], |call| async move {
        call.stop.cancelled().await;
        Err::<Scanned, _>(ScanError::Stopped)
    });
    let running = bench.start(&scanner, |config| config.fence_ttl = ms(150));
    let id = bench.ask("a", 1).await;
    until("a scan began", async || scanner.inside.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
    bench.store.cancel_scan(&id).await.unwrap();
    bench.until_settled().await;
    running.drained().await;
    assert_eq!(bench.scan(&id).await.state, ScanState::Cancelled);
    assert_eq!(scanner.scans_of("a").len() + scanner.scans_of("b").len(), 1);
    assert_eq!((bench.depth(Queue::Results).await, bench.depth(Queue::Dead).await), ((0, 0), (0, 0)));
}

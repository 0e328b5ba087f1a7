//! Shutdown: what is in hand is given back and counts nothing against its job.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use checkmate_queue::Queue;
use checkmate_scanners::ScanError;
use checkmate_store::JobState;
use tokio::sync::Semaphore;

use crate::harness::{Bench, Script, fine, ms, until};

/// Never ends by itself; hears the stop, or does not.
fn endless(listens: bool) -> Arc<Script> {
    Script::over(&["a", "b"], move |call| async move {
        if listens {
            call.stop.cancelled().await;
            return Err(ScanError::Stopped);
        }
        std::future::pending().await
    })
}

#[tokio::test]
async fn a_stopping_worker_gives_back_what_it_has_and_the_next_one_finishes_it() {
    for listens in [true, false] {
        let bench = Bench::new().await;
        let scanner = endless(listens);
        let running = bench.start(&scanner, |config| config.stop_within = ms(100));
        let id = bench.ask("a", 5).await;
        until("both run", async || scanner.inside.load(Ordering::SeqCst) == 2).await;
        let report = running.killed().await;
        assert_eq!(report.late.len(), 2, "{report:?}");
        for (target, job) in bench.jobs(&id).await {
            let counted = (job.state, job.attempt, job.failures, job.crashes, job.crashes_alone);
            assert_eq!(counted, (JobState::Published, 0, 0, 0, 0), "listens {listens}: {target}");
            assert_eq!(job.fence, None);
        }
        assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 0), "both messages wait");

        let running = bench.start(&Script::plain(&[]), |_| {});
        let scan = bench.until_worked_off(&id).await;
        running.drained().await;
        assert!(scan.ended.is_empty(), "{scan:?}");
        assert_eq!(bench.results().await.len(), 2);
    }
}

#[tokio::test]
async fn draining_finishes_what_is_in_hand_and_takes_nothing_new() {
    let bench = Bench::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let scanner = {
        let gate = gate.clone();
        Script::over(&["a", "b", "c", "d", "e", "f"], move |call| {
            let gate = gate.clone();
            async move {
                gate.acquire().await.unwrap().forget();
                fine(&call)
            }
        })
    };
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 6).await;
    until("four run", async || scanner.inside.load(Ordering::SeqCst) == 4).await;
    running.stop.drain();
    gate.add_permits(100);
    let report = running.drained().await;
    assert_eq!((report.late.len(), report.given_back), (0, 0), "{report:?}");
    let stored = bench.jobs(&id).await.into_iter().filter(|(_, job)| job.state == JobState::Stored).count();
    assert_eq!(stored, 4);
    assert_eq!(bench.results().await.len(), 4);
    assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 0));
}

#[tokio::test]
async fn a_message_that_the_broker_took_away_is_run_again_and_stored_once() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["a"], |call| async move {
        if call.time == 1 {
            call.stop.cancelled().await;
            return Err(ScanError::Stopped);
        }
        fine(&call)
    });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 1).await;
    until("it runs", async || scanner.inside.load(Ordering::SeqCst) == 1).await;
    bench.broker.revoke_leases();
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert_eq!((scan.pending, scan.ended.len()), (1, 0));
    let job = bench.job_of(&id, "a").await;
    assert_eq!((job.state, job.failures, job.crashes), (JobState::Stored, 0, 0), "nobody was at fault");
    assert_eq!(bench.results().await, [job.id]);
}

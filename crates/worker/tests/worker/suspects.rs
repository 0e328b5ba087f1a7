//! Jobs under suspicion of killing the process: run alone, and condemned when that does not help.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use checkmate_queue::{Queue, Settle};
use checkmate_store::JobState;

use crate::harness::{Bench, Script, end_of, fine, hand, job_message, ms, until};

const NAMES: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "suspect"];

#[tokio::test]
async fn a_suspect_runs_with_nothing_beside_it() {
    let bench = Bench::new().await;
    let seal = Script::plain(NAMES);
    let discover = bench.record("a", 20).await;
    assert_eq!(hand(&bench.worker(&seal, |_| {}), job_message(&discover)).await, Settle::Done);
    let suspect = bench.job_of(&discover.scan, "suspect").await;
    bench.die_with(&suspect.id, false).await;

    let together = Arc::new(AtomicUsize::new(0));
    let inside = Arc::new(AtomicUsize::new(0));
    let scanner = {
        let (together, inside) = (together.clone(), inside.clone());
        Script::over(NAMES, move |call| {
            let (together, inside) = (together.clone(), inside.clone());
            async move {
                inside.fetch_add(1, Ordering::SeqCst);
                for _ in 0..10 {
                    tokio::time::sleep(ms(4)).await;
                    if call.is("suspect") {
                        together.fetch_max(inside.load(Ordering::SeqCst), Ordering::SeqCst);
                    }
                }
                inside.fetch_sub(1, Ordering::SeqCst);
                fine(&call)
            }
        })
    };
    let running = bench.start(&scanner, |_| {});
    let scan = bench.until_worked_off(&discover.scan).await;
    running.drained().await;
    assert_eq!(together.load(Ordering::SeqCst), 1, "nothing ran beside the suspect");
    assert!(scan.ended.is_empty(), "{scan:?}");
    let suspect = bench.job(&suspect.id).await;
    assert_eq!((suspect.state, suspect.failures), (JobState::Stored, 0));
    assert_eq!(bench.results().await.len(), NAMES.len());
}

#[tokio::test]
async fn a_job_that_kills_every_process_alone_is_condemned_and_its_scan_goes_on() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["bad", "good"]);
    let running = bench.start(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    // Released, but the message is with the processes that die.
    let seal = bench.worker(&scanner, |_| {});
    running.drained().await;
    assert_eq!(hand(&seal, job_message(&discover)).await, Settle::Done);
    bench.take(Queue::ScanBulk).await;
    let bad = bench.job_of(&discover.scan, "bad").await;
    bench.die_with(&bad.id, false).await;
    bench.die_with(&bad.id, true).await;
    bench.die_with(&bad.id, true).await;

    let running = bench.start(&scanner, |_| {});
    bench.send(&bad).await;
    let scan = bench.until_worked_off(&discover.scan).await;
    running.drained().await;
    assert_eq!(scan.ended.get("crash-loop"), Some(&1), "{scan:?}");
    assert_eq!(scanner.scans_of("bad").len(), 0, "three deaths are enough");
    let bad = bench.job(&bad.id).await;
    assert!(end_of(&bad).contains("died each time"), "{bad:?}");
    assert_eq!(bench.job_of(&discover.scan, "good").await.state, JobState::Stored);
    let dead = bench.take(Queue::Dead).await;
    assert_eq!(dead.len(), 1);
    let death = dead[0].death.clone().unwrap();
    assert!(!death.by_broker && death.reason.contains("died each time"), "{death:?}");
}

#[tokio::test]
async fn a_suspect_that_waits_for_its_turn_gives_up_when_the_process_stops() {
    let bench = Bench::new().await;
    let seal = Script::plain(&["slow", "suspect"]);
    let discover = bench.record("a", 5).await;
    assert_eq!(hand(&bench.worker(&seal, |_| {}), job_message(&discover)).await, Settle::Done);
    let suspect = bench.job_of(&discover.scan, "suspect").await;
    bench.die_with(&suspect.id, false).await;
    let scanner = Script::over(&[], |call| async move {
        if call.is("slow") {
            call.stop.cancelled().await;
            return Err(checkmate_scanners::ScanError::Stopped);
        }
        fine(&call)
    });
    let running = bench.start(&scanner, |_| {});
    until("the slow one runs", async || scanner.inside.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(ms(50)).await;
    running.killed().await;
    assert_eq!(scanner.scans_of("suspect").len(), 0);
    assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 0), "both come again");
    let suspect = bench.job(&suspect.id).await;
    assert_eq!((suspect.crashes, suspect.crashes_alone), (1, 0), "waiting is no attempt");
}

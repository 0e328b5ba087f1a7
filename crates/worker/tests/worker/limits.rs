//! As many jobs of one target run as may, whatever scan they belong to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use checkmate_store::{JobState, Limits};

use crate::harness::{Bench, Script, fine, ms};

/// Two scans of the same targets at once; how many jobs were inside at most.
async fn most_inside(limits: Limits) -> usize {
    let bench = Bench::new().await;
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, top) = (Arc::clone(&inside), Arc::clone(&most));
    let scanner = Script::over(&["acme/one"], move |call| {
        let (now, top) = (Arc::clone(&now), Arc::clone(&top));
        async move {
            top.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(ms(300)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            fine(&call)
        }
    });
    let running = bench.start(&scanner, |config| config.limits = limits);
    let ids = [bench.ask("a", 1).await, bench.ask("b", 1).await];
    for id in &ids {
        bench.until_worked_off(id).await;
        let job = bench.job_of(id, "acme/one").await;
        assert_eq!((job.state, job.attempt, job.failures, job.crashes), (JobState::Stored, 1, 0, 0));
    }
    running.drained().await;
    most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn one_target_is_scanned_by_one_job_at_a_time() {
    assert_eq!(most_inside(Limits { per_target: 1, per_organisation: 0 }).await, 1);
}

#[tokio::test]
async fn an_organisation_has_its_own_limit() {
    assert_eq!(most_inside(Limits { per_target: 0, per_organisation: 1 }).await, 1);
}

#[tokio::test]
async fn without_limits_they_run_beside_each_other() {
    assert_eq!(most_inside(Limits::default()).await, 2);
}

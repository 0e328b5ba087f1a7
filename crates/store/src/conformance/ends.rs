//! Laws of whole scans: each job is released once, each leaves once, and the scan ends once.

use std::collections::BTreeSet;

use checkmate_domain::{JobId, ScanId};

use crate::conformance::Fixture;
use crate::conformance::drain::{Drained, Way, drain};
use crate::conformance::given::{AnyStore, scan, sealed};
use crate::{JobState, ScanRecord, ScanState};

/// Every job of the list was released by one answer, the scan was finished by one, and its counters tell so.
async fn assert_over(store: &AnyStore, id: &ScanId, drained: &Drained) -> ScanRecord {
    let jobs = all_jobs(store, id).await;
    let listed: BTreeSet<&JobId> = jobs.iter().skip(1).map(|(job, _)| job).collect();
    let released: BTreeSet<&JobId> = drained.released.iter().collect();
    assert_eq!(released.len(), drained.released.len(), "released twice");
    assert!(released == listed, "released {} of {} listed", released.len(), listed.len());

    let record = scan(store, id).await;
    let of = |state| jobs.iter().skip(1).filter(|(_, is)| *is == state).count() as u64;
    assert_eq!((record.total, record.released), (listed.len() as u64, listed.len() as u64));
    assert_eq!((record.pending, record.in_window), (0, 0), "{record:?}");
    assert_eq!(of(JobState::Reconciled), record.done);
    assert_eq!(of(JobState::Parked), record.ended.get("parked").copied().unwrap_or(0));
    assert_eq!(of(JobState::Reconciled) + of(JobState::Parked) + of(JobState::Ended), record.total);
    let all_answered = record.ended.values().sum::<u64>() == 0;
    let expected = if all_answered { ScanState::Finished } else { ScanState::FinishedIncomplete };
    assert_eq!((record.state, drained.finished), (expected, 1));
    assert!(record.finished_at.is_some());
    record
}

async fn all_jobs(store: &AnyStore, id: &ScanId) -> Vec<(JobId, JobState)> {
    let mut jobs = Vec::new();
    loop {
        let page = store.scan_jobs(id, jobs.len() as u64, 1_000).await.unwrap();
        if page.is_empty() {
            return jobs;
        }
        jobs.extend(page.into_iter().map(|job| (job.id, job.state)));
    }
}

/// 10,000 jobs go through a window of 200; none is skipped, none released twice.
pub async fn ten_thousand_jobs_go_through_the_window(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 10_000, 200).await;
    assert_eq!(claimed.len(), 200);
    let way = |n: usize| vec![if n.is_multiple_of(20) { Way::Reconcile } else { Way::End }];
    let drained = drain(&store, claimed, 64, way).await;
    let record = assert_over(&store, &id, &drained).await;
    assert_eq!((record.total, record.done, drained.left), (10_000, 500, 10_000));
}

/// Many hands at once never release a job twice and never exceed the window.
pub async fn concurrent_claims_release_each_job_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 400, 40).await;
    let watched = tokio::spawn({
        let (store, id) = (store.clone(), id.clone());
        async move {
            loop {
                let record = scan(&store, &id).await;
                assert!(record.in_window <= 40, "{record:?}");
                if record.state.is_final() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        }
    });
    let drained = drain(&store, claimed, 32, |_| vec![Way::Reconcile]).await;
    let record = assert_over(&store, &id, &drained).await;
    assert_eq!((record.state, record.done, record.opened), (ScanState::Finished, 400, 400));
    watched.await.unwrap();
}

/// However its jobs leave, in whatever order, one answer says that the scan is finished.
pub async fn a_scan_finishes_once_however_its_jobs_leave(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mixes: [fn(usize) -> Vec<Way>; 5] = [
        |n| vec![[Way::Reconcile, Way::End, Way::Park, Way::Split][n % 4]],
        |n| vec![[Way::Split, Way::Reconcile, Way::Reconcile][n % 3]],
        |_| vec![Way::Park],
        |_| vec![Way::Split],
        |n| vec![if n.is_multiple_of(2) { Way::Split } else { Way::Park }],
    ];
    for (n, mix) in mixes.into_iter().enumerate() {
        for hands in [1, 8] {
            let (id, claimed) = sealed(&store, &format!("{n}-{hands}"), 12, 5).await;
            let drained = drain(&store, claimed, hands, mix).await;
            let record = assert_over(&store, &id, &drained).await;
            assert_eq!(drained.left as u64, record.total, "mix {n}, {hands} hands");
        }
    }
}

/// Several tries on one job at once: one counts.
pub async fn of_racing_ends_one_counts(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let races: [fn(usize) -> Vec<Way>; 4] = [
        |_| vec![Way::End, Way::Reconcile],
        |_| vec![Way::End, Way::End, Way::End],
        |_| vec![Way::Split, Way::End],
        |n| vec![[Way::Split, Way::Reconcile][n % 2], Way::End, Way::Reconcile],
    ];
    for (n, race) in races.into_iter().enumerate() {
        let (id, claimed) = sealed(&store, &n.to_string(), 24, 6).await;
        let drained = drain(&store, claimed, 6, race).await;
        let record = assert_over_or_open(&store, &id, &drained).await;
        assert_eq!(drained.left as u64, record.total, "race {n}");
    }
}

/// A try that began and lost the job before it stored anything leaves nothing open: another try ended the job.
async fn assert_over_or_open(store: &AnyStore, id: &ScanId, drained: &Drained) -> ScanRecord {
    let open = store.open_jobs(id, None, 100).await.unwrap();
    assert!(open.is_empty(), "left open: {open:?}");
    assert_over(store, id, drained).await
}

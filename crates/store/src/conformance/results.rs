//! Laws of results: the first one stands, whole, whatever its size.

use checkmate_domain::{EndReason, ScanReport};

use crate::conformance::Fixture;
use crate::conformance::findings::{load, reconcile, report, store_report};
use crate::conformance::given::{
    LONG, SHORT, ask, begin, ended, expired, failed, ids, job, list_of, outlive_short, records, scan, sealed,
    specs, started, state, target, target_of,
};
use crate::{
    AttemptEnd, EndedAttempt, JobEnded, JobState, ReconcileLoad, Renewed, ScanState, Sealed, Stored,
};

/// A result is stored with the order of its attempt and releases the next job.
pub async fn a_result_is_stored_and_releases_the_next(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 3, 2).await;
    let before = store.now().await.unwrap();
    let attempt = begin(&store, &claimed[0].id).await;
    assert_eq!(store.report(&claimed[0].id).await, Ok(None));
    let written = report(&target_of(&claimed[0]), 2);
    let stored = store.store_result(&attempt.fence, &written).await.unwrap();
    let Stored::New(next) = stored else { panic!("{stored:?}") };
    assert_eq!(next.len(), 1);
    let next = records(&store, &next).await;
    assert_eq!((next[0].state, target_of(&next[0])), (JobState::Recorded, target("t00002")));

    let record = job(&store, &claimed[0].id).await;
    assert_eq!((record.state, record.seq, record.fence), (JobState::Stored, attempt.seq, None));
    assert_eq!((record.attempt, record.crashes, record.crashes_alone), (1, 0, 0));
    assert!(record.stored_at.is_some_and(|at| at >= before));
    assert_eq!(store.report(&claimed[0].id).await, Ok(Some(written)));
    let now = scan(&store, &id).await;
    assert_eq!((now.in_window, now.released, now.pending, now.done), (2, 3, 3, 0));
    assert_eq!(store.report(&claimed[1].id).await, Ok(None));
}

/// The first result that was fully written stands, for repeats and for other attempts.
pub async fn the_first_result_stands(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 4, 2).await;
    let id = &claimed[0].id;
    let of = |findings| report(&target_of(&claimed[0]), findings);
    let old = started(&store, &ask(id, SHORT, false)).await;
    outlive_short().await;
    let new = started(&store, &ask(id, LONG, true)).await;
    let stored = store.store_result(&new.fence, &of(1)).await.unwrap();
    let Stored::New(next) = stored else { panic!("{stored:?}") };
    let record = job(&store, id).await;
    for fence in [&new.fence, &old.fence] {
        let again = store.store_result(fence, &of(2)).await.unwrap();
        let Stored::Already(unnoted) = again else { panic!("{again:?}") };
        let unnoted: std::collections::BTreeSet<_> =
            ids(&records(&store, &unnoted).await).into_iter().collect();
        assert_eq!(unnoted, [claimed[1].id.clone(), next[0].job.clone()].into());
        assert_eq!(store.renew_fence(fence, LONG).await, Ok(Renewed::Lost));
        let end = AttemptEnd::Failed { error: "late".to_owned(), retry_after: SHORT };
        assert_eq!(store.end_attempt(fence, &end).await, Ok(EndedAttempt::FenceLost));
        assert_eq!(store.seal(fence, &list_of(specs(2))).await, Ok(Sealed::FenceLost));
    }
    assert_eq!(job(&store, id).await, record);
    assert_eq!(store.report(id).await, Ok(Some(of(1))));
    reconcile(&store, id, 1).await;
    let again = store.store_result(&new.fence, &of(2)).await.unwrap();
    assert!(matches!(again, Stored::Already(_)), "reconciled meanwhile: {again:?}");
    assert_eq!((state(&store, id).await, job(&store, id).await.seq), (JobState::Reconciled, new.seq));
}

/// Results of any size come back as they were, also after a restart.
pub async fn results_come_back_as_they_were(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 4, 4).await;
    let mut reports: Vec<ScanReport> = Vec::new();
    for (job, findings) in claimed.iter().zip([0, 1, 700, 5_000]) {
        let attempt = begin(&store, &job.id).await;
        let written = report(&target_of(job), findings);
        let stored = store.store_result(&attempt.fence, &written).await.unwrap();
        assert!(matches!(stored, Stored::New(_)), "{stored:?}");
        reports.push(written);
    }
    let store = fixture.reopen(store).await;
    for (job, written) in claimed.iter().zip(&reports) {
        let read = store.report(&job.id).await.unwrap().unwrap();
        assert_eq!(read.findings.len(), written.findings.len());
        assert!(read == *written, "the report with {} findings changed", written.findings.len());
        assert!(load(&store, &job.id).await.report == written.clone().into());
    }
}

/// A job ends where it has no result; what is over or has one is kept.
pub async fn a_job_ends_only_without_a_result(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 8, 6).await;
    let [recorded, published, running, stored, parked, reconciled] = &ids(&claimed)[..] else { panic!() };
    store.mark_published(std::slice::from_ref(published)).await.unwrap();
    begin(&store, running).await;
    let mut next = Vec::new();
    for id in [stored, parked, reconciled] {
        next.extend(store_report(&store, id, 0).await);
    }
    assert_eq!(next.len(), 2, "everything is released");
    store.park_result(parked).await.unwrap();
    reconcile(&store, reconciled, 0).await;

    for (id, is) in
        [(stored, JobState::Stored), (parked, JobState::Parked), (reconciled, JobState::Reconciled)]
    {
        assert_eq!(store.end_job(id, &expired(), None).await, Ok(JobEnded::Kept), "{is:?}");
        assert_eq!(state(&store, id).await, is);
    }
    let before = scan(&store, &id).await;
    assert_eq!((before.pending, before.in_window, before.done), (6, 5, 1));
    for (n, (id, was)) in
        [(recorded, "recorded"), (published, "published"), (running, "running")].iter().enumerate()
    {
        let end = store.end_job(id, &failed(was), None).await.unwrap();
        let JobEnded::Ended(released, progress) = end else { panic!("{was}: {end:?}") };
        assert_eq!((released.len(), progress.finished_now), (0, false), "{was}");
        assert_eq!(progress.scan.pending, before.pending - n as u64 - 1, "{was}");
        let record = job(&store, id).await;
        assert_eq!((record.state, record.end, record.fence), (JobState::Ended, Some(failed(was)), None));
        assert_eq!(store.end_job(id, &expired(), None).await, Ok(JobEnded::Kept), "{was}");
        assert_eq!(store.load_reconcile(id, true).await, Ok(ReconcileLoad::NoResult), "{was}");
    }
    let now = scan(&store, &id).await;
    assert_eq!((ended(&now, "failed"), ended(&now, "parked"), ended(&now, "expired")), (3, 1, 0));
    assert_eq!((now.pending, now.in_window, now.state), (3, 2, ScanState::Running));

    let end = store.end_job(&next[0].id, &expired(), None).await.unwrap();
    assert!(matches!(end, JobEnded::Ended(..)));
    let end = store.end_job(&next[1].id, &EndReason::Cancelled, None).await.unwrap();
    assert!(matches!(end, JobEnded::Ended(..)));
    let now = scan(&store, &id).await;
    assert_eq!((ended(&now, "expired"), ended(&now, "cancelled"), now.pending), (1, 1, 1));
    let progress = reconcile(&store, stored, 0).await;
    assert_eq!((progress.finished_now, progress.scan.state), (true, ScanState::FinishedIncomplete));
    assert_eq!((progress.scan.done, progress.scan.ended.values().sum::<u64>()), (2, 6));
}

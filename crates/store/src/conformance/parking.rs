//! Laws of parked results: the scan does not wait for them, and they are not lost.

use checkmate_domain::JobId;

use crate::conformance::Fixture;
use crate::conformance::findings::{commit, load, opening, reconcile, store_report};
use crate::conformance::given::{LONG, ask, begin, ended, expired, job, scan, sealed, state};
use crate::conformance::lifecycle::log;
use crate::{Begin, Committed, JobEnded, JobState, Parked, ScanState};

/// A parked result is counted as one, and its scan goes on without it.
pub async fn a_scan_does_not_wait_for_a_parked_result(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 2, 2).await;
    store_report(&store, &claimed[0].id, 1).await;
    let parked = store.park_result(&claimed[0].id).await.unwrap();
    let Parked::Parked(progress) = parked else { panic!("{parked:?}") };
    assert_eq!((progress.finished_now, progress.scan.state), (false, ScanState::Running));
    assert_eq!((progress.scan.pending, ended(&progress.scan, "parked"), progress.scan.done), (1, 1, 0));
    assert_eq!(scan(&store, &id).await, progress.scan);
    assert_eq!(state(&store, &claimed[0].id).await, JobState::Parked);
    assert!(store.report(&claimed[0].id).await.unwrap().is_some());

    assert_eq!(store.park_result(&claimed[0].id).await, Ok(Parked::Kept));
    assert_eq!(store.end_job(&claimed[0].id, &expired(), None).await, Ok(JobEnded::Kept));
    assert_eq!(store.begin_attempt(&ask(&claimed[0].id, LONG, true)).await, Ok(Begin::Over));
    assert_eq!(scan(&store, &id).await, progress.scan);

    store_report(&store, &claimed[1].id, 0).await;
    let parked = store.park_result(&claimed[1].id).await.unwrap();
    let Parked::Parked(progress) = parked else { panic!("{parked:?}") };
    assert_eq!((progress.finished_now, progress.scan.state), (true, ScanState::FinishedIncomplete));
    assert_eq!((progress.scan.pending, ended(&progress.scan, "parked")), (0, 2));
}

/// Only a result that waits can be parked.
pub async fn only_a_waiting_result_is_parked(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 4, 4).await;
    begin(&store, &claimed[1].id).await;
    store.end_job(&claimed[2].id, &expired(), None).await.unwrap();
    store_report(&store, &claimed[3].id, 0).await;
    reconcile(&store, &claimed[3].id, 0).await;
    let before = scan(&store, &id).await;
    for job in &claimed {
        assert_eq!(store.park_result(&job.id).await, Ok(Parked::Kept));
    }
    assert_eq!(store.park_result(&JobId::new("nobody").unwrap()).await, Ok(Parked::Kept));
    assert_eq!(scan(&store, &id).await, before);
}

/// A parked result may be reconciled later, once: it moves from `parked` to done and counts no second time.
pub async fn a_parked_result_is_reconciled_later_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 3, 3).await;
    for (n, job) in claimed.iter().enumerate() {
        store_report(&store, &job.id, n).await;
    }
    store.park_result(&claimed[1].id).await.unwrap();
    store.park_result(&claimed[2].id).await.unwrap();

    // While the scan goes on.
    let progress = reconcile(&store, &claimed[1].id, 1).await;
    assert_eq!((progress.finished_now, progress.scan.state), (false, ScanState::Running));
    assert_eq!((progress.scan.pending, progress.scan.done, ended(&progress.scan, "parked")), (1, 1, 1));
    assert_eq!(state(&store, &claimed[1].id).await, JobState::Reconciled);

    // After it ended.
    let progress = reconcile(&store, &claimed[0].id, 0).await;
    assert_eq!((progress.finished_now, progress.scan.state), (true, ScanState::FinishedIncomplete));
    let input = load(&store, &claimed[2].id).await;
    assert_eq!(input.job, job(&store, &claimed[2].id).await.into());
    let progress = commit(&store, &opening(&input, 2)).await;
    assert_eq!((progress.finished_now, progress.scan.state), (false, ScanState::FinishedIncomplete));
    assert_eq!((progress.scan.pending, progress.scan.done, ended(&progress.scan, "parked")), (0, 3, 0));
    assert_eq!(progress.scan.opened, 3);
    let again = store.commit_reconcile(&opening(&input, 2)).await.unwrap();
    assert!(matches!(again, Committed::AlreadyReconciled(_)), "{again:?}");
    assert_eq!(scan(&store, &id).await, progress.scan);
    assert_eq!(log(&store, 10).await.len(), 3);
}

/// When every parked result was reconciled before the end, nothing is missing.
pub async fn parked_and_reconciled_in_time_is_finished(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 2, 2).await;
    store_report(&store, &claimed[0].id, 1).await;
    store.park_result(&claimed[0].id).await.unwrap();
    reconcile(&store, &claimed[0].id, 1).await;
    store_report(&store, &claimed[1].id, 1).await;
    let progress = reconcile(&store, &claimed[1].id, 1).await;
    assert_eq!((progress.finished_now, progress.scan.state), (true, ScanState::Finished));
}

/// Parking and reconciling at once: the scan ends once, and the result is in the lifecycle.
pub async fn parking_and_reconciling_at_once_counts_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for n in 0..10 {
        let (id, claimed) = sealed(&store, &n.to_string(), 1, 1).await;
        store_report(&store, &claimed[0].id, 1).await;
        let input = load(&store, &claimed[0].id).await;
        let decided = opening(&input, 1);
        let (parked, committed) =
            tokio::join!(store.park_result(&claimed[0].id), store.commit_reconcile(&decided));
        let finished = match parked.unwrap() {
            Parked::Parked(progress) => u32::from(progress.finished_now),
            Parked::Kept => 0,
        };
        let Ok(Committed::Committed(progress)) = committed else { panic!("{committed:?}") };
        let reconciled = u32::from(progress.is_some_and(|progress| progress.finished_now));
        assert_eq!(finished + reconciled, 1);
        let record = scan(&store, &id).await;
        assert_eq!((record.pending, record.done, ended(&record, "parked")), (0, 1, 0));
        assert!(record.state.is_final());
    }
}

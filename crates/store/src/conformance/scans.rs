//! Laws of scans: creating, listing, cancelling, announcing.

use checkmate_domain::{JobKind, ScanId};

use crate::conformance::Fixture;
use crate::conformance::findings::{load, opening, report, store_report};
use crate::conformance::given::{SHORT, ask};
use crate::conformance::given::{
    assert_counts, begin, create, ended, failed, job, list_of, new_scan, outlive_short, scan, scan_id, seal,
    sealed, specs, started, state, target_in, tick,
};
use crate::{
    Begin, Cancelled, Committed, Created, EndedAttempt, JobEnded, JobState, Renewed, ScanState, Sealed,
    Stored,
};

/// The same scan again is the same scan, whatever happened to it since.
pub async fn create_scan_is_idempotent(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let wanted = new_scan("a", 7);
    let (record, discover) = create(&store, &wanted).await;
    assert_eq!((record.id.clone(), record.scope.clone()), (wanted.id.clone(), wanted.scope.clone()));
    assert_eq!(
        (record.lane, record.trigger.clone(), record.window),
        (wanted.lane, wanted.trigger.clone(), 7)
    );
    assert_eq!((record.time_limit_ms, record.expires_after_ms), (900_000, 3_600_000));
    assert_eq!((record.state, record.sealed, record.announced), (ScanState::Planned, false, false));
    assert_eq!(
        (record.total, record.released, record.in_window, record.pending, record.done),
        (0, 0, 0, 0, 0)
    );
    assert_eq!((record.error.clone(), record.finished_at, record.ended.len()), (None, None, 0));

    assert_eq!((discover.kind, discover.state), (JobKind::Discover, JobState::Recorded));
    assert_eq!((&discover.scan, &discover.scope, discover.lane), (&wanted.id, &wanted.scope, wanted.lane));
    assert_eq!((discover.spec.clone(), discover.time_limit_ms), (None, 900_000));
    assert_eq!(discover.expires_at, discover.released_at.plus(wanted.expires_after));
    assert_eq!(job(&store, &discover.id).await, discover);
    assert_eq!(scan(&store, &wanted.id).await, record);

    begin(&store, &discover.id).await;
    let mut other = wanted.clone();
    other.window = 8;
    let again = store.create_scan(&other).await.unwrap();
    let Created::Exists(again) = again else { panic!("{again:?}") };
    assert_eq!((again.window, again.state), (7, ScanState::Discovering));
    assert_eq!(store.scans(0, 10).await.unwrap().len(), 1);
    assert_eq!(state(&store, &discover.id).await, JobState::Running);
    assert_eq!(store.scan(&scan_id("nobody")).await, Ok(None));
}

/// The first attempt of the discover job begins the scan; a later one changes nothing more.
pub async fn the_first_discover_attempt_begins_the_scan(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (record, discover) = create(&store, &new_scan("a", 5)).await;
    started(&store, &ask(&discover.id, SHORT, false)).await;
    assert_eq!(scan(&store, &record.id).await.state, ScanState::Discovering);
    outlive_short().await;
    started(&store, &ask(&discover.id, SHORT, true)).await;
    let now = scan(&store, &record.id).await;
    assert_eq!((now.state, now.in_window, now.released), (ScanState::Discovering, 0, 0));
}

/// A scan with nothing to do is finished by sealing it.
pub async fn an_empty_list_finishes_the_scan(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (record, discover) = create(&store, &new_scan("a", 5)).await;
    let attempt = begin(&store, &discover.id).await;
    let (claimed, progress) = seal(&store, &attempt.fence, Vec::new()).await;
    assert_eq!((claimed.len(), progress.finished_now), (0, true));
    assert_eq!((progress.scan.state, progress.scan.sealed), (ScanState::Finished, true));
    assert!(progress.scan.finished_at.is_some());
    assert_eq!(scan(&store, &record.id).await, progress.scan);
    assert_eq!(state(&store, &discover.id).await, JobState::Ended);
    let begun = store.begin_attempt(&ask(&discover.id, SHORT, false)).await;
    assert_eq!(begun, Ok(Begin::Over));
}

/// Scans are listed newest first, in pages.
pub async fn scans_are_listed_newest_first(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for n in 0..5 {
        create(&store, &new_scan(&n.to_string(), 5)).await;
        tick().await;
    }
    let page = async |skip, limit| -> Vec<ScanId> {
        store.scans(skip, limit).await.unwrap().into_iter().map(|scan| scan.id).collect()
    };
    let named = |names: &[u32]| -> Vec<ScanId> { names.iter().map(|n| scan_id(&n.to_string())).collect() };
    assert_eq!(page(0, 10).await, named(&[4, 3, 2, 1, 0]));
    assert_eq!(page(1, 2).await, named(&[3, 2]));
    assert_eq!(page(4, 5).await, named(&[0]));
    assert_eq!(page(5, 5).await, named(&[]));
    assert_eq!(page(0, 0).await, named(&[]));
}

/// A scan is looked after until its end was announced, the oldest first.
pub async fn scans_are_unsettled_until_announced(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let unsettled = async || -> Vec<ScanId> {
        store.unsettled_scans().await.unwrap().into_iter().map(|scan| scan.id).collect()
    };
    assert!(unsettled().await.is_empty());
    let (first, discover) = create(&store, &new_scan("first", 5)).await;
    tick().await;
    let (second, _) = create(&store, &new_scan("second", 5)).await;
    assert_eq!(unsettled().await, [first.id.clone(), second.id.clone()]);

    store.end_job(&discover.id, &failed("no folder"), None).await.unwrap();
    assert_eq!(unsettled().await, [first.id.clone(), second.id.clone()], "final, but not announced");
    store.mark_announced(&first.id).await.unwrap();
    store.mark_announced(&first.id).await.unwrap();
    assert!(scan(&store, &first.id).await.announced);
    assert_eq!(unsettled().await, std::slice::from_ref(&second.id));

    store.cancel_scan(&second.id).await.unwrap();
    assert_eq!(unsettled().await, std::slice::from_ref(&second.id));
    store.mark_announced(&second.id).await.unwrap();
    assert!(unsettled().await.is_empty());
    store.mark_announced(&scan_id("nobody")).await.unwrap();
    assert_eq!(store.scans(0, 10).await.unwrap().len(), 2);
}

/// Cancelling works while a scan goes on, and only then.
pub async fn a_scan_is_cancelled_until_it_is_over(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.cancel_scan(&scan_id("nobody")).await, Ok(Cancelled::Unknown));

    create(&store, &new_scan("planned", 5)).await;
    let (_, discover) = create(&store, &new_scan("discovering", 5)).await;
    begin(&store, &discover.id).await;
    sealed(&store, "running", 3, 2).await;
    for name in ["planned", "discovering", "running"] {
        let cancelled = store.cancel_scan(&scan_id(name)).await.unwrap();
        let Cancelled::Now(record) = cancelled else { panic!("{name}: {cancelled:?}") };
        assert_eq!((record.state, record.announced), (ScanState::Cancelled, false), "{name}");
        assert!(record.finished_at.is_some(), "{name}");
        assert_eq!(scan(&store, &record.id).await, *record, "{name}");
        let again = store.cancel_scan(&record.id).await;
        assert_eq!(again, Ok(Cancelled::WasOver(record)), "{name}");
    }

    sealed(&store, "finished", 0, 2).await;
    let (_, discover) = create(&store, &new_scan("failed", 5)).await;
    store.end_job(&discover.id, &failed("no folder"), None).await.unwrap();
    let (_, claimed) = sealed(&store, "incomplete", 1, 2).await;
    store.end_job(&claimed[0].id, &failed("no"), None).await.unwrap();
    for (name, stays) in [
        ("finished", ScanState::Finished),
        ("failed", ScanState::Failed),
        ("incomplete", ScanState::FinishedIncomplete),
    ] {
        let cancelled = store.cancel_scan(&scan_id(name)).await.unwrap();
        let Cancelled::WasOver(record) = cancelled else { panic!("{name}: {cancelled:?}") };
        assert_eq!(record.state, stays, "{name}");
        assert_eq!(scan(&store, &record.id).await.state, stays, "{name}");
    }
}

/// After a cancel nothing is begun, sealed or released.
pub async fn a_cancelled_scan_releases_nothing_more(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 6, 3).await;
    let running = begin(&store, &claimed[0].id).await;
    let (_, discover) = create(&store, &new_scan("b", 3)).await;
    let discovering = begin(&store, &discover.id).await;
    store.cancel_scan(&id).await.unwrap();
    store.cancel_scan(&scan_id("b")).await.unwrap();

    for job in &claimed {
        let begun = store.begin_attempt(&ask(&job.id, SHORT, true)).await;
        assert_eq!(begun, Ok(Begin::Over));
    }
    assert_eq!(store.renew_fence(&running.fence, SHORT).await, Ok(Renewed::Cancelled));
    assert_eq!(store.renew_fence(&discovering.fence, SHORT).await, Ok(Renewed::Cancelled));
    assert_eq!(store.seal(&discovering.fence, &list_of(specs(3))).await, Ok(Sealed::FenceLost));
    assert!(!scan(&store, &scan_id("b")).await.sealed);

    let end = crate::AttemptEnd::GivenBack { retry_after: SHORT, why: None };
    assert_eq!(store.end_attempt(&running.fence, &end).await, Ok(EndedAttempt::Noted(0)));
    for job in &claimed {
        let end = store.end_job(&job.id, &checkmate_domain::EndReason::Cancelled, None).await.unwrap();
        let JobEnded::Ended(released, progress) = end else { panic!("{end:?}") };
        assert_eq!((released.len(), progress.finished_now), (0, false));
        assert_eq!(progress.scan.state, ScanState::Cancelled);
    }
    let after = scan(&store, &id).await;
    assert_eq!((after.released, after.in_window, after.pending, ended(&after, "cancelled")), (3, 0, 3, 3));
    assert_counts(&after, "cancelled");
}

/// What was read before (or while) a scan was cancelled still counts, and does not bring the scan back.
pub async fn results_of_a_cancelled_scan_are_still_reconciled(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 3, 3).await;
    store_report(&store, &claimed[0].id, 2).await;
    store_report(&store, &claimed[1].id, 0).await;
    let running = begin(&store, &claimed[2].id).await;
    store.cancel_scan(&id).await.unwrap();
    let stored = store.store_result(&running.fence, &report(target_in(&running), 1)).await;
    assert_eq!(stored, Ok(Stored::New(Vec::new())));
    let begun = store.begin_attempt(&ask(&claimed[0].id, SHORT, false)).await.unwrap();
    assert!(matches!(begun, Begin::AlreadyStored(..)), "its event may have to be sent again: {begun:?}");

    for (n, findings) in [(0, 2), (1, 0), (2, 1)] {
        let input = load(&store, &claimed[n].id).await;
        let committed = store.commit_reconcile(&opening(&input, findings)).await.unwrap();
        let Committed::Committed(Some(progress)) = committed else { panic!("{committed:?}") };
        assert!(!progress.finished_now);
        assert_eq!(progress.scan.state, ScanState::Cancelled);
    }
    let after = scan(&store, &id).await;
    assert_eq!((after.done, after.pending, after.opened, after.in_window), (3, 0, 3, 0));
    assert_eq!(store.targets().await.unwrap().len(), 2);
}

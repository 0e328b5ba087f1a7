//! Laws of sealed lists: sealed once, released through the window, each job once.

use std::collections::BTreeSet;
use std::time::Duration;

use checkmate_domain::{JobId, JobSpec, Part, PartId, ResourceId, Scope};

use crate::conformance::Fixture;
use crate::conformance::findings::store_report;
use crate::conformance::given::{
    LONG, SHORT, ask, assert_counts, begin, create, expired, failed, ids, job, list_of, new_scan,
    outlive_short, records, scan, seal, sealed, sealed_with, specs, started, state, target,
};
use crate::{JobEnded, JobState, ScanState, ScopeHistory, SealList, Sealed};

/// So many parts of one target.
pub(crate) fn parts(of: &str, count: usize) -> Vec<JobSpec> {
    (0..count)
        .map(|n| {
            let resources = vec![ResourceId::new(format!("r{n}")).unwrap()];
            let id = PartId::derived(&[], &resources.iter().collect::<Vec<_>>());
            let part = Part { id, rules: Vec::new(), resources };
            JobSpec { target: target(of), part: Some(part), gone: false }
        })
        .collect()
}

/// Sealing puts the list in the scan, ends the discover job and releases the window, in list order.
pub async fn sealing_releases_the_window_in_list_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (record, discover) = create(&store, &new_scan("a", 3)).await;
    let attempt = begin(&store, &discover.id).await;
    let mut list = specs(5);
    list.reverse();
    list[1] = JobSpec::gone(target("gone"));
    let (claimed, progress) = seal(&store, &attempt.fence, list.clone()).await;
    let derived = |spec: &JobSpec| {
        JobId::derived(&record.id, "scan", spec.target.as_str(), spec.part.as_ref().map(|p| &p.id))
    };
    assert_eq!(ids(&claimed), list[..3].iter().map(derived).collect::<Vec<_>>());

    assert!(!progress.finished_now);
    let now = scan(&store, &record.id).await;
    assert_eq!(progress.scan, now);
    assert_eq!((now.state, now.sealed, now.total, now.released), (ScanState::Running, true, 5, 3));
    assert_eq!((now.in_window, now.pending, now.done, now.ended.len()), (3, 5, 0, 0));
    assert_eq!(state(&store, &discover.id).await, JobState::Ended);
    assert_eq!(job(&store, &discover.id).await.fence, None);
    for (job, spec) in claimed.iter().zip(&list) {
        assert_eq!((job.state, job.spec.as_ref(), &job.scan), (JobState::Recorded, Some(spec), &record.id));
        assert_eq!(
            (job.scope.clone(), job.lane, job.time_limit_ms),
            (record.scope.clone(), record.lane, 900_000)
        );
        assert_eq!(job.expires_at, job.released_at.plus(Duration::from_secs(3_600)));
        assert_eq!((job.attempt, job.failures, job.crashes, job.published_at), (0, 0, 0, None));
        assert_eq!(crate::conformance::given::job(&store, &job.id).await, *job);
    }
}

/// The first list stands, whatever a later attempt or a repeat brings.
pub async fn a_sealed_list_stands(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (record, discover) = create(&store, &new_scan("a", 3)).await;
    let slow = started(&store, &ask(&discover.id, SHORT, false)).await;
    outlive_short().await;
    let quick = started(&store, &ask(&discover.id, LONG, true)).await;
    let (claimed, _) = seal(&store, &quick.fence, specs(4)).await;
    store.mark_published(&[claimed[0].id.clone()]).await.unwrap();
    let before = (scan(&store, &record.id).await, store.scan_jobs(&record.id, 0, 100).await.unwrap());
    for fence in [&slow.fence, &quick.fence] {
        for list in [specs(9), Vec::new(), vec![JobSpec::whole(target("other"))]] {
            let history = Some(ScopeHistory { seq: u64::MAX / 4, ..ScopeHistory::default() });
            let again = store.seal(fence, &SealList { jobs: list, history }).await.unwrap();
            let Sealed::Already(unnoted) = again else { panic!("{again:?}") };
            let unnoted: BTreeSet<_> = ids(&records(&store, &unnoted).await).into_iter().collect();
            assert_eq!(unnoted, ids(&claimed[1..]).into_iter().collect());
        }
    }
    let after = (scan(&store, &record.id).await, store.scan_jobs(&record.id, 0, 100).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(store.scope_history(&record.scope).await, Ok(ScopeHistory::default()));
}

/// The same (target, part) twice on a list is one job; a part and the whole are two.
pub async fn duplicates_count_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut list = specs(3);
    list.extend(specs(2));
    list.push(JobSpec::gone(target("t00000")));
    list.extend(parts("t00001", 2));
    list.extend(parts("t00001", 1));
    let (id, claimed) = sealed_with(&store, &new_scan("a", 50), list).await;
    let record = scan(&store, &id).await;
    assert_eq!((record.total, record.pending, record.released, claimed.len()), (5, 5, 5, 5));
    assert_eq!(ids(&claimed).into_iter().collect::<BTreeSet<_>>().len(), 5);
    assert_eq!(store.scan_jobs(&id, 0, 100).await.unwrap().len(), 6);
    assert!(!claimed[0].spec.as_ref().unwrap().gone, "the first wins");
}

/// A window slot is freed once per job, whatever is repeated on it.
pub async fn a_window_slot_is_freed_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 10, 3).await;
    let expect = async |released: u64, in_window: u64| {
        let now = scan(&store, &id).await;
        assert_eq!((now.released, now.in_window), (released, in_window));
        assert_counts(&now, "slot");
    };
    expect(3, 3).await;
    let attempt = begin(&store, &claimed[0].id).await;
    expect(3, 3).await;
    let report = crate::conformance::findings::report(&target("t00000"), 0);
    for _ in 0..3 {
        store.store_result(&attempt.fence, &report).await.unwrap();
        expect(4, 3).await;
        assert_eq!(store.end_job(&claimed[0].id, &expired(), None).await, Ok(JobEnded::Kept));
        expect(4, 3).await;
    }
    for _ in 0..2 {
        store.end_job(&claimed[1].id, &expired(), None).await.unwrap();
        expect(5, 3).await;
    }
    store.park_result(&claimed[0].id).await.unwrap();
    expect(5, 3).await;
    store_report(&store, &claimed[2].id, 0).await;
    expect(6, 3).await;
    crate::conformance::findings::reconcile(&store, &claimed[2].id, 0).await;
    expect(6, 3).await;
}

/// A scan job may seal parts in its place: they join the list, it does not count as ended.
pub async fn a_job_may_split_into_parts(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 3, 2).await;
    let attempt = begin(&store, &claimed[0].id).await;
    let mut list = parts("t00000", 4);
    list.extend(parts("t00000", 2));
    let (released, progress) = seal(&store, &attempt.fence, list).await;
    assert_eq!(ids(&released), [JobId::derived(&id, "scan", "export:t00002", None)], "in list order");
    let now = scan(&store, &id).await;
    assert_eq!(progress.scan, now);
    assert_eq!((now.total, now.pending, now.done, now.ended.len()), (7, 6, 0, 0));
    assert_eq!((now.released, now.in_window, now.state), (3, 2, ScanState::Running));
    let own = job(&store, &claimed[0].id).await;
    assert_eq!(
        (own.state, own.end, own.fence),
        (JobState::Ended, Some(checkmate_domain::EndReason::Split), None)
    );
    let again = store.seal(&attempt.fence, &list_of(parts("t00000", 9))).await.unwrap();
    assert!(matches!(again, Sealed::Already(_)), "{again:?}");
    let begun = store.begin_attempt(&ask(&claimed[0].id, LONG, false)).await.unwrap();
    assert!(matches!(begun, crate::Begin::AlreadySealed(_)), "{begun:?}");

    let mut open: Vec<_> = vec![claimed[1].clone(), released[0].clone()];
    let (mut seen, mut finished) = (Vec::new(), 0);
    while let Some(next) = open.pop() {
        seen.extend(next.spec.as_ref().unwrap().part.clone());
        open.extend(store_report(&store, &next.id, 0).await);
        finished +=
            u32::from(crate::conformance::findings::reconcile(&store, &next.id, 0).await.finished_now);
    }
    let whole: Vec<_> = parts("t00000", 4).into_iter().filter_map(|spec| spec.part).collect();
    assert_eq!((seen, finished), (whole, 1));
    let end = scan(&store, &id).await;
    assert_eq!((end.state, end.done, end.pending, end.ended.len()), (ScanState::Finished, 6, 0, 0));
    let states: Vec<_> = store.scan_jobs(&id, 0, 100).await.unwrap().iter().map(|job| job.state).collect();
    assert_eq!((states.len(), states[0], states[1]), (8, JobState::Ended, JobState::Ended));
}

/// Topping up releases nothing where nothing is free, and nothing for who does not hold the lock.
pub async fn topping_up_needs_room_and_the_lock(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 5, 2).await;
    let lock = async |owner: &str| match store.lock("keeper", owner, LONG).await.unwrap() {
        crate::LockAttempt::Held(guard) => guard,
        other => panic!("{other:?}"),
    };
    let old = lock("first").await;
    assert_eq!(store.top_up(&id, &old).await, Ok(Vec::new()), "the window is full");
    store.end_job(&claimed[0].id, &expired(), Some(&old)).await.unwrap();
    assert_eq!(store.top_up(&id, &old).await, Ok(Vec::new()), "ending released the next");
    store.unlock(&old).await.unwrap();
    let guard = lock("second").await;
    assert_eq!(store.top_up(&id, &old).await, Ok(Vec::new()));
    let kept = store.end_job(&claimed[1].id, &expired(), Some(&old)).await;
    assert_eq!(kept, Ok(JobEnded::Kept), "the lock is another's");
    assert_eq!(state(&store, &claimed[1].id).await, JobState::Recorded);
    let ended = store.end_job(&claimed[1].id, &expired(), Some(&guard)).await.unwrap();
    assert!(matches!(ended, JobEnded::Ended(ref next, _) if next.len() == 1), "{ended:?}");
    let nobody = crate::conformance::given::scan_id("nobody");
    assert_eq!(store.top_up(&nobody, &guard).await, Ok(Vec::new()));
    store.cancel_scan(&id).await.unwrap();
    assert_eq!(store.top_up(&id, &guard).await, Ok(Vec::new()));
    assert_eq!(scan(&store, &id).await.released, 4);
}

/// A guard whose time has run out is worth nothing, even when nobody else took the lock.
pub async fn a_lock_that_ran_out_guards_nothing(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 2, 1).await;
    let crate::LockAttempt::Held(guard) = store.lock("keeper", "first", SHORT).await.unwrap() else {
        panic!()
    };
    outlive_short().await;
    let kept = store.end_job(&claimed[0].id, &expired(), Some(&guard)).await;
    assert_eq!(kept, Ok(JobEnded::Kept));
    assert_eq!(state(&store, &claimed[0].id).await, JobState::Recorded);
}

/// The history of a scope is the one of its newest discovery, in whatever order they seal.
pub async fn the_newest_history_of_a_scope_stands(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut attempts = Vec::new();
    for name in ["a", "b", "c"] {
        let (_, discover) = create(&store, &new_scan(name, 3)).await;
        attempts.push(begin(&store, &discover.id).await);
    }
    let scope = Scope::Export("folder".to_owned());
    assert_eq!(store.scope_history(&scope).await, Ok(ScopeHistory::default()));
    let history = |n: usize| ScopeHistory {
        seq: attempts[n].seq,
        present: (0..=n).map(|t| target(format!("p{t}"))).collect(),
        missing: [(target(format!("m{n}")), 1)].into(),
    };
    for (n, stands) in [(1, 1), (0, 1), (2, 2)] {
        let list = SealList { jobs: specs(n), history: Some(history(n)) };
        let sealed = store.seal(&attempts[n].fence, &list).await.unwrap();
        assert!(matches!(sealed, Sealed::New(..)), "{sealed:?}");
        assert_eq!(store.scope_history(&scope).await, Ok(history(stands)), "after {n}");
    }
    let other = Scope::Export("other".to_owned());
    assert_eq!(store.scope_history(&other).await, Ok(ScopeHistory::default()));

    let (_, discover) = create(&store, &new_scan("d", 3)).await;
    let attempt = begin(&store, &discover.id).await;
    seal(&store, &attempt.fence, specs(1)).await;
    assert_eq!(store.scope_history(&scope).await, Ok(history(2)), "a list without one changes nothing");
    let store = fixture.reopen(store).await;
    assert_eq!(store.scope_history(&scope).await, Ok(history(2)));
}

/// A discover job that ends without a list fails its scan, once, with the reason to read.
pub async fn a_scan_without_a_list_failed(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for (name, started) in [("never-begun", false), ("begun", true)] {
        let (record, discover) = create(&store, &new_scan(name, 3)).await;
        if started {
            begin(&store, &discover.id).await;
        }
        let end = store.end_job(&discover.id, &failed("no such folder"), None).await.unwrap();
        let JobEnded::Ended(released, progress) = end else { panic!("{end:?}") };
        assert_eq!((released.len(), progress.finished_now), (0, true));
        assert_eq!((progress.scan.state, progress.scan.sealed), (ScanState::Failed, false));
        assert!(
            progress.scan.error.as_ref().unwrap().contains("no such folder"),
            "{:?}",
            progress.scan.error
        );
        assert!(progress.scan.finished_at.is_some());
        assert_eq!((progress.scan.total, progress.scan.pending, progress.scan.in_window), (0, 0, 0));
        assert_eq!(progress.scan.ended.len(), 0, "the discover job is on no list");
        assert_eq!(scan(&store, &record.id).await, progress.scan);
        assert_eq!(job(&store, &discover.id).await.end, Some(failed("no such folder")));
        assert_eq!(store.end_job(&discover.id, &failed("x"), None).await, Ok(JobEnded::Kept));
        assert_eq!(scan(&store, &record.id).await, progress.scan);
    }
    let (id, _) = sealed(&store, "sealed", 1, 1).await;
    let discover = store.scan_jobs(&id, 0, 1).await.unwrap().remove(0);
    assert_eq!(store.end_job(&discover.id, &failed("late"), None).await, Ok(JobEnded::Kept));
    assert_eq!(scan(&store, &id).await.state, ScanState::Running);
}

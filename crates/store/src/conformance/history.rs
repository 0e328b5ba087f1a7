//! Laws of retention: what is old goes in steps, and what must stay stays.

use std::time::Duration;

use checkmate_domain::{ScanId, Timestamp};

use crate::conformance::Fixture;
use crate::conformance::dead::dead;
use crate::conformance::findings::{reconcile, store_report};
use crate::conformance::given::{AnyStore, LONG, scan, sealed, target_of, tick};
use crate::{Cutoffs, DeadStatus, JobRecord, LockAttempt, LogEntry, Purged, ScanState};

const NEVER: Timestamp = Timestamp::from_millis(0);

fn soon() -> Timestamp {
    Timestamp::now().plus(Duration::from_secs(3_600))
}

fn everything() -> Cutoffs {
    Cutoffs { results: soon(), events: soon(), dead_letters: soon() }
}

/// A scan of so many targets that is over and announced, with one finding each.
async fn over(store: &AnyStore, name: &str, targets: usize) -> (ScanId, Vec<JobRecord>) {
    let (id, jobs) = sealed(store, name, targets, 100).await;
    for job in &jobs {
        store_report(store, &job.id, 1).await;
        reconcile(store, &job.id, 1).await;
    }
    assert_eq!(scan(store, &id).await.state, ScanState::Finished);
    store.mark_announced(&id).await.unwrap();
    tick().await;
    (id, jobs)
}

/// Purges until nothing is left to go.
async fn purged(store: &AnyStore, before: &Cutoffs, limit: u64) -> Purged {
    let mut all = Purged::default();
    for _ in 0..1_000 {
        let step = store.purge(before, limit, None).await.unwrap();
        assert!(step.total() <= limit + 1, "a step is bounded: {step:?}");
        all.add(&step);
        if !step.more {
            return all;
        }
    }
    panic!("it never ends: {all:?}");
}

async fn log(store: &AnyStore, after: Option<&str>) -> Vec<LogEntry> {
    store.transitions(after, 1_000).await.unwrap()
}

/// Old scans go with jobs and reports, in steps of any size. The newest final scan of a scope, what is not over, and
/// findings stay.
pub async fn old_scans_go_and_what_is_needed_stays(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (first, jobs) = over(&store, "a", 3).await;
    let (second, _) = over(&store, "b", 1).await;
    let (newest, kept) = over(&store, "c", 2).await;
    let (running, released) = sealed(&store, "d", 2, 1).await;
    let results = Cutoffs { results: soon(), events: NEVER, dead_letters: NEVER };
    let old = Purged { scans: 2, jobs: 6, ..Purged::default() };
    assert_eq!(store.outdated(&results).await, Ok(old));
    let young = Cutoffs { results: NEVER, ..results };
    assert_eq!(purged(&store, &young, 10).await.total(), 0);

    assert_eq!(purged(&store, &results, 2).await, old);
    for id in [&first, &second] {
        assert_eq!(store.scan(id).await, Ok(None));
        assert_eq!(store.scan_jobs(id, 0, 10).await, Ok(Vec::new()));
    }
    for job in &jobs {
        assert_eq!((store.job(&job.id).await, store.report(&job.id).await), (Ok(None), Ok(None)));
    }
    let store = fixture.reopen(store).await;
    let left: Vec<ScanId> = store.scans(0, 10).await.unwrap().into_iter().map(|scan| scan.id).collect();
    assert_eq!(left, [running.clone(), newest]);
    for job in &kept {
        assert!(store.report(&job.id).await.unwrap().is_some());
    }
    assert_eq!(store.targets().await.unwrap().len(), 3, "findings of scans that went stay");
    assert_eq!(log(&store, None).await.len(), 6);
    assert_eq!(store.outdated(&results).await, Ok(Purged::default()));
    store_report(&store, &released[0].id, 0).await;
    assert_eq!(scan(&store, &running).await.released, 2, "what runs is not touched");
}

/// A final scan whose end was not announced stays: others have not heard of it yet.
pub async fn what_was_not_announced_stays(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, jobs) = sealed(&store, "a", 1, 1).await;
    store_report(&store, &jobs[0].id, 1).await;
    reconcile(&store, &jobs[0].id, 1).await;
    tick().await;
    over(&store, "b", 1).await;
    let results = Cutoffs { results: soon(), events: NEVER, dead_letters: NEVER };
    assert_eq!(purged(&store, &results, 10).await.total(), 0);
    assert_eq!(store.target(&target_of(&jobs[0])).await.unwrap().findings.len(), 1);
    store.mark_announced(&id).await.unwrap();
    assert_eq!(purged(&store, &results, 10).await.scans, 1);
}

/// The log is cut off at its beginning, and every position stays good, also of an entry that went.
pub async fn positions_stay_good_when_the_log_is_cut(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    over(&store, "a", 3).await;
    let all = log(&store, None).await;
    assert_eq!(all.len(), 3);
    let events = Cutoffs { results: NEVER, events: soon(), dead_letters: NEVER };
    assert_eq!(store.outdated(&events).await.unwrap().transitions, 3);
    let step = store.purge(&events, 1, None).await.unwrap();
    assert_eq!((step.transitions, step.more), (1, true));
    assert_eq!(log(&store, None).await, all[1..]);
    assert_eq!(log(&store, Some(&all[0].position)).await, all[1..]);

    assert_eq!(purged(&store, &events, 100).await.transitions, 2);
    let store = fixture.reopen(store).await;
    assert_eq!(log(&store, None).await, []);
    assert_eq!(log(&store, Some(&all[1].position)).await, []);
    over(&store, "b", 1).await;
    let after = log(&store, Some(&all[2].position)).await;
    assert_eq!((after.len(), &after), (1, &log(&store, None).await));
    assert!(!all.contains(&after[0]));
}

/// Dead letters go by their last death; those nobody decided about are counted apart.
pub async fn old_dead_letters_go_and_are_counted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for (name, at) in [("a", 1), ("b", 2), ("c", 3), ("young", 1_000)] {
        store.record_dead(&dead(name, at)).await.unwrap();
    }
    store.mark_dead("b", DeadStatus::Discarded).await.unwrap();
    store.mark_dead("c", DeadStatus::Replayed).await.unwrap();
    let before = Timestamp::from_millis(1_000);
    let letters = Cutoffs { results: NEVER, events: NEVER, dead_letters: before };
    let old = Purged { dead_handled: 2, dead_waiting: 1, ..Purged::default() };
    assert_eq!(store.outdated(&letters).await, Ok(old));
    let step = store.purge(&letters, 1, None).await.unwrap();
    assert_eq!((step.dead_handled, step.dead_waiting), (0, 1), "the oldest first");
    assert_eq!(purged(&store, &letters, 100).await.dead_handled, 2);
    assert_eq!(store.dead(0, 10).await, Ok(vec![dead("young", 1_000)]));
}

/// With a guard nothing goes unless that very lock is held.
pub async fn nothing_goes_without_the_lock(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    over(&store, "a", 1).await;
    over(&store, "b", 1).await;
    store.record_dead(&dead("a", 1)).await.unwrap();
    let LockAttempt::Held(old) = store.lock("retention", "one", LONG).await.unwrap() else { panic!("held") };
    store.unlock(&old).await.unwrap();
    let LockAttempt::Held(guard) = store.lock("retention", "two", LONG).await.unwrap() else {
        panic!("held")
    };
    assert_eq!(store.purge(&everything(), 100, Some(&old)).await, Ok(Purged::default()));
    let gone = Purged { scans: 1, jobs: 2, transitions: 2, dead_handled: 0, dead_waiting: 1, more: false };
    assert_eq!(store.outdated(&everything()).await, Ok(gone));
    assert_eq!(store.purge(&everything(), 100, Some(&guard)).await, Ok(gone));
}

//! Laws of schedules and requests: who may write, and that a request is one scan.

use std::collections::BTreeSet;
use std::time::Duration;

use checkmate_domain::{ScheduleName, Scope, Timestamp};

use crate::conformance::Fixture;
use crate::conformance::given::{AnyStore, LONG, SHORT, create, new_scan, outlive_short, scan_id};
use crate::schedules::{Definition, Fire, Fired, Paused, Put, ScheduleState, SkipReason, Skipped};
use crate::{Created, JobState, LockAttempt, LockGuard, NewScan, ScanState};

fn name(name: &str) -> ScheduleName {
    ScheduleName::new(name).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

fn state(second: i64) -> ScheduleState {
    let definition = |cron: &str| Definition {
        cron: cron.to_owned(),
        zone: "Europe/Berlin".to_owned(),
        since: at(1),
        loaded: at(2),
    };
    ScheduleState {
        in_force: definition("0 2 * * *"),
        edits: vec![definition("0 3 * * *")],
        handled_until: at(second),
        paused: Some(Paused { by: "a \"person\"\nof two lines".to_owned(), at: at(3) }),
        waiting: Some(at(4)),
        last_tick: Some(at(5)),
        last_scan: Some(scan_id("before")),
        skipped: vec![Skipped { first: at(6), last: at(7), why: SkipReason::TooOld }],
        removed: Some(at(8)),
    }
}

async fn leads(store: &AnyStore, owner: &str, ttl: Duration) -> LockGuard {
    match store.lock("schedules", owner, ttl).await.unwrap() {
        LockAttempt::Held(guard) => guard,
        other => panic!("{owner} should lead, not {other:?}"),
    }
}

fn fire(guard: &LockGuard, version: u64, scan: Option<NewScan>) -> Fire {
    Fire { guard: guard.clone(), name: name("nightly"), version, state: state(100), scan }
}

/// The version of a schedule once this is written.
async fn put(store: &AnyStore, name: &ScheduleName, version: u64, second: i64) -> u64 {
    match store.put_schedule(name, version, &state(second)).await.unwrap() {
        Put::Done(version) => version,
        Put::Moved => panic!("{name} moved"),
    }
}

/// What is written comes back as it was, each write gives a larger version, and a decision on an older one changes nothing.
pub async fn a_schedule_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (nightly, hourly) = (name("nightly"), name("hourly: \u{fc}"));
    assert_eq!(store.schedule(&nightly).await.unwrap(), None);
    assert_eq!(store.schedule_changes().await.unwrap(), 0);
    assert_eq!(store.put_schedule(&nightly, 1, &state(0)).await.unwrap(), Put::Moved, "it is not there");
    let first = put(&store, &nightly, 0, 1).await;
    assert_eq!(store.put_schedule(&nightly, 0, &state(2)).await.unwrap(), Put::Moved, "it is there");
    let second = put(&store, &nightly, first, 3).await;
    assert!(second > first, "{second} after {first}");
    let changes = store.schedule_changes().await.unwrap();
    assert_ne!(changes, 0);
    assert_eq!(store.put_schedule(&nightly, first, &state(4)).await.unwrap(), Put::Moved);
    assert_eq!(store.schedule_changes().await.unwrap(), changes, "nothing was written");
    let other = put(&store, &hourly, 0, 5).await;
    assert_ne!(store.schedule_changes().await.unwrap(), changes);

    let store = fixture.reopen(store).await;
    let all = store.schedules().await.unwrap();
    let told: Vec<_> = all.iter().map(|one| (one.name.clone(), one.version)).collect();
    assert_eq!(told, [(hourly.clone(), other), (nightly.clone(), second)]);
    assert_eq!((&all[0].state, &all[1].state), (&state(5), &state(3)));
    assert_eq!(store.schedule(&nightly).await.unwrap().as_ref(), Some(&all[1]));
}

/// A tick's scan is recorded with the state, once, and only by the leader.
pub async fn only_the_leader_fires(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let old = leads(&store, "a", SHORT).await;
    outlive_short().await;
    let scan = new_scan("tick", 5);
    let late = store.fire(&fire(&old, 0, Some(scan.clone()))).await.unwrap();
    assert_eq!(late, Fired::NotLeader, "the lock ran out");
    let guard = leads(&store, "b", LONG).await;
    let late = store.fire(&fire(&old, 0, Some(scan.clone()))).await.unwrap();
    assert_eq!(late, Fired::NotLeader, "another leads");
    assert_eq!(store.scan(&scan.id).await.unwrap(), None);
    assert_eq!(store.schedule(&name("nightly")).await.unwrap(), None);

    let moved = store.fire(&fire(&guard, 3, Some(scan.clone()))).await.unwrap();
    assert_eq!(moved, Fired::Moved);
    assert_eq!(store.scan(&scan.id).await.unwrap(), None);

    let fired = store.fire(&fire(&guard, 0, Some(scan.clone()))).await.unwrap();
    let Fired::Done(first, Some(Created::New(record, job))) = fired else { panic!("{fired:?}") };
    assert_eq!((&record.id, record.state, job.state), (&scan.id, ScanState::Planned, JobState::Recorded));
    let again = store.fire(&fire(&guard, first, Some(scan.clone()))).await.unwrap();
    let Fired::Done(second, created) = again else { panic!("{again:?}") };
    assert_eq!(created, Some(Created::Exists(record)), "the same tick is the same scan");
    let last = store.fire(&fire(&guard, second, None)).await.unwrap();
    let Fired::Done(third, None) = last else { panic!("{last:?}") };
    assert!(first < second && second < third, "{first}, {second}, {third}");
    assert_eq!(store.fire(&fire(&guard, second, None)).await.unwrap(), Fired::Moved);
    let there = store.schedule(&name("nightly")).await.unwrap().unwrap();
    assert_eq!((there.version, there.state), (third, state(100)));
    assert_eq!(store.scans(0, 10).await.unwrap().len(), 1);
    assert_eq!(store.schedule_changes().await.unwrap(), 0, "the leader knows what it wrote");
}

/// A schedule is named as long as one process names it.
pub async fn names_are_those_of_all_live_processes(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let names = |all: &[&str]| all.iter().map(|one| name(one)).collect::<BTreeSet<_>>();
    let told = store.name_schedules("a", &names(&["x", "y"]), LONG).await.unwrap();
    assert_eq!(told, names(&["x", "y"]));
    assert_eq!(store.name_schedules("b", &names(&["z"]), LONG).await.unwrap(), names(&["x", "y", "z"]));
    assert_eq!(store.name_schedules("b", &names(&[]), LONG).await.unwrap(), names(&["x", "y"]));
    assert_eq!(store.name_schedules("a", &names(&["x"]), SHORT).await.unwrap(), names(&["x"]));
    outlive_short().await;
    assert_eq!(store.name_schedules("b", &names(&["w"]), LONG).await.unwrap(), names(&["w"]));
}

/// So many requests in a minute for each user. The minute may end within the law: then it begins again.
pub async fn requests_of_a_user_are_counted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let minute = || async { store.now().await.unwrap().as_millis() / 60_000 };
    loop {
        let began = minute().await;
        let user = format!("portal-{began}");
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(store.take_request_slot(&user, 3).await.unwrap());
        }
        let other = store.take_request_slot(&format!("other-{began}"), 1).await.unwrap();
        let none = store.take_request_slot(&format!("none-{began}"), 0).await.unwrap();
        if minute().await == began {
            assert_eq!((taken, other, none), (vec![true, true, true, false], true, false));
            return;
        }
    }
}

/// The same request is the same scan; equal requests share a scan until it is over.
pub async fn equal_requests_share_a_scan(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let scope = |scan: NewScan, name: &str| NewScan { scope: Scope::Export(name.to_owned()), ..scan };
    // One that nobody requested does not count.
    create(&store, &new_scan("by hand", 5)).await;
    let first = new_scan("first", 5);
    assert_eq!(store.requested(&first.id).await.unwrap(), None);
    let Created::New(record, _) = store.create_requested(&first).await.unwrap() else { panic!("it is new") };
    assert_eq!(record.id, first.id);
    let same = |answer: Created| match answer {
        Created::Exists(scan) => scan.id,
        Created::New(scan, _) => panic!("{} is new", scan.id),
    };
    let second = new_scan("second", 5);
    assert_eq!(same(store.create_requested(&second).await.unwrap()), first.id);
    assert_eq!(store.scan(&second.id).await.unwrap(), None);
    let elsewhere = scope(new_scan("elsewhere", 5), "another");
    assert!(matches!(store.create_requested(&elsewhere).await.unwrap(), Created::New(..)));

    store.cancel_scan(&first.id).await.unwrap();
    let store = fixture.reopen(store).await;
    assert_eq!(same(store.create_requested(&second).await.unwrap()), first.id, "it comes again, late");
    assert_eq!(store.requested(&second.id).await.unwrap(), Some(first.id.clone()));
    let third = new_scan("third", 5);
    assert!(matches!(store.create_requested(&third).await.unwrap(), Created::New(..)));
    assert_eq!(same(store.create_requested(&new_scan("fourth", 5)).await.unwrap()), third.id);
    assert_eq!(same(store.create_requested(&first).await.unwrap()), first.id);
}

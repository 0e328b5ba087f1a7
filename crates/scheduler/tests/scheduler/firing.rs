//! Schedules fired by processes that die, freeze and wake late, on one store and by a clock that the tests set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{Lane, Missed, Overlap, ScheduleName, Scope, Timestamp, TriggerKind};
use checkmate_queue::Queue;
use checkmate_scheduler::cron::{Timetable, zone};
use checkmate_scheduler::schedules::{Clock, ScheduleSpec, Schedules, Settings, Specs, scan_of};
use checkmate_service::Stop;
use checkmate_store::schedules::{Paused, Put, ScheduleState};
use checkmate_store::{LockAttempt, ScheduleStore, Store, StoreError};
use tokio::sync::watch;

use crate::harness::{Bench, LONG, ms, until};

/// 2026-03-24T00:00:00Z: the clocks of Berlin go forward five days later.
const BEGIN: i64 = 1_774_310_400;

/// A clock that stands where it was set; one process may see it late.
#[derive(Clone)]
struct Set {
    time: Arc<AtomicI64>,
    behind: Arc<AtomicI64>,
}

impl Set {
    fn at(millis: i64) -> Self {
        Self { time: Arc::new(AtomicI64::new(BEGIN * 1_000 + millis)), behind: Arc::default() }
    }

    /// The same clock in another process.
    fn shared(&self) -> Self {
        Self { time: self.time.clone(), behind: Arc::default() }
    }

    fn pass(&self, seconds: i64) {
        self.pass_millis(seconds * 1_000);
    }

    fn pass_millis(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::SeqCst);
    }

    fn read(&self) -> Timestamp {
        Timestamp::from_millis(self.time.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Clock for Set {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(self.read().minus(Duration::from_secs(self.behind.load(Ordering::SeqCst).unsigned_abs())))
    }

    async fn sleep_until(&self, _at: Timestamp) {
        tokio::time::sleep(ms(1)).await;
    }
}

fn name(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

fn spec(called: &str, cron: &str, place: &str) -> ScheduleSpec {
    ScheduleSpec {
        name: name(called),
        timetable: Timetable::new(cron.parse().unwrap(), zone(place).unwrap()),
        scope: Scope::Export("acme".to_owned()),
        lane: Lane::Bulk,
        overlap: Overlap::Allow,
        missed: Missed::All,
        window: Duration::from_secs(365 * 86_400),
        jitter: Duration::ZERO,
    }
}

fn specs(all: &[ScheduleSpec]) -> Specs {
    Arc::new(all.iter().map(|spec| (spec.name.clone(), spec.clone())).collect::<BTreeMap<_, _>>())
}

fn settings(owner: &str, lock_ttl: Duration) -> Settings {
    Settings { owner: owner.to_owned(), lock_ttl, window: 10, time_limit: LONG, expires_after: LONG }
}

fn process(bench: &Bench, owner: &str, ttl: Duration, told: &watch::Sender<Specs>, clock: &Set) -> Schedules {
    let settings = settings(owner, ttl);
    let clock = Arc::new(clock.clone());
    Schedules::with_clock(bench.store.clone(), bench.broker.clone(), told.subscribe(), settings, clock)
}

/// Numbers below a bound that look random and are the same in every run.
fn dice(mut seed: u64) -> impl FnMut(u64) -> i64 {
    move |sides| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        i64::try_from(seed % sides).unwrap()
    }
}

async fn state(bench: &Bench, called: &str) -> ScheduleState {
    bench.store.schedule(&name(called)).await.unwrap().unwrap().state
}

async fn count(bench: &Bench) -> usize {
    bench.store.scans(0, 100_000).await.unwrap().len()
}

/// Five processes for ten days: killed in the middle of what they do, frozen, and waking with an old clock and an old lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::needless_range_loop, reason = "one number names a process, its clock and its frost")]
async fn each_tick_of_ten_days_is_one_scan() {
    const TTL: Duration = Duration::from_millis(25);
    let bench = Bench::new().await;
    let all = [
        spec("often", "*/30 * * * *", "UTC"),
        spec("summer time", "30 2 * * *", "Europe/Berlin"),
        spec("seconds", "15 0 */6 * * *", "America/New_York"),
        ScheduleSpec { jitter: Duration::from_secs(600), ..spec("jitter", "0 */2 * * *", "UTC") },
    ];
    let (told, _specs) = watch::channel(specs(&all));
    let clock = Set::at(0);
    let mut roll = dice(2_026);
    let mut clocks: Vec<Set> = (0..5).map(|_| clock.shared()).collect();
    let mut processes: Vec<Schedules> =
        (0..5).map(|n| process(&bench, &format!("p{n}"), TTL, &told, &clocks[n])).collect();
    let mut frozen = [0_i64; 5];
    for process in &mut processes {
        process.turn().await.unwrap();
    }
    let end = clock.read().plus(Duration::from_secs(10 * 86_400));
    let mut starts = 5;
    while clock.read() < end {
        clock.pass(roll(3_600));
        for n in 0..5 {
            if frozen[n] > 0 {
                frozen[n] -= 1;
                continue;
            }
            // Who wakes goes on with the time at which it froze, for one turn.
            let turn = processes[n].turn();
            match roll(12) {
                0 => {
                    // Killed somewhere in between, and started again as another.
                    let _ =
                        tokio::time::timeout(Duration::from_micros(roll(4_000).unsigned_abs()), turn).await;
                    clocks[n] = clock.shared();
                    processes[n] = process(&bench, &format!("p{starts}"), TTL, &told, &clocks[n]);
                    starts += 1;
                }
                1 | 2 => {
                    turn.await.unwrap();
                    frozen[n] = roll(8) + 1;
                    clocks[n].behind.store(roll(7_200), Ordering::SeqCst);
                }
                _ => {
                    turn.await.unwrap();
                    clocks[n].behind.store(0, Ordering::SeqCst);
                }
            }
        }
    }
    let expected: Vec<_> = all
        .iter()
        .flat_map(|spec| {
            let from = Timestamp::from_millis(BEGIN * 1_000);
            let ticks = spec.timetable.between(from, end, usize::MAX);
            ticks.into_iter().map(|tick| (spec.name.clone(), tick)).collect::<Vec<_>>()
        })
        .collect();
    // What is still to do is done by any of them.
    clock.pass(700);
    clocks[0].behind.store(0, Ordering::SeqCst);
    for _ in 0..200 {
        processes[0].turn().await.unwrap();
        tokio::time::sleep(ms(5)).await;
    }
    for (called, tick) in &expected {
        let scan = bench.store.scan(&scan_of(called, *tick)).await.unwrap();
        let scan = scan.unwrap_or_else(|| panic!("{called} at {tick} was missed"));
        assert_eq!((scan.trigger.kind, scan.trigger.who.as_str()), (TriggerKind::Schedule, called.as_str()));
    }
    let later = all.iter().flat_map(|spec| spec.timetable.between(end, clock.read(), usize::MAX)).count();
    let made = count(&bench).await;
    assert!(made >= expected.len() && made <= expected.len() + later, "{made} of {}", expected.len());
    assert!(expected.len() > 600, "{}", expected.len());
}

/// A leader that froze and wakes after another took over writes nothing.
#[tokio::test]
async fn a_leader_that_wakes_late_does_no_harm() {
    let bench = Bench::new().await;
    let (told, _specs) = watch::channel(specs(&[spec("seconds", "* * * * * *", "UTC")]));
    let clock = Set::at(10_980);
    let mut old = process(&bench, "old", ms(150), &told, &clock);
    old.turn().await.unwrap();
    tokio::time::sleep(ms(250)).await;
    let mut new = process(&bench, "new", LONG, &told, &clock);
    new.turn().await.unwrap();
    clock.pass_millis(20);
    new.turn().await.unwrap();
    assert_eq!(count(&bench).await, 1);
    let before = state(&bench, "seconds").await;
    // By this clock its lock still holds for a while, so it does not ask for it again.
    old.turn().await.unwrap();
    clock.pass(1);
    old.turn().await.unwrap();
    assert_eq!((count(&bench).await, state(&bench, "seconds").await), (1, before));
    new.turn().await.unwrap();
    assert_eq!(count(&bench).await, 2);
}

/// A pause by somebody else counts at once, and its end is seen at the next renewal.
#[tokio::test]
async fn a_pause_counts_at_once() {
    let bench = Bench::new().await;
    let minutes = ScheduleSpec { missed: Missed::Skip, ..spec("minutes", "* * * * *", "UTC") };
    let (told, _specs) = watch::channel(specs(&[minutes]));
    let clock = Set::at(10_000);
    let mut leader = process(&bench, "leader", LONG, &told, &clock);
    leader.turn().await.unwrap();
    let set = async |paused: Option<Paused>| {
        let record = bench.store.schedule(&name("minutes")).await.unwrap().unwrap();
        let state = ScheduleState { paused, ..record.state };
        let put = bench.store.put_schedule(&record.name, record.version, &state).await.unwrap();
        assert!(matches!(put, Put::Done(_)));
    };
    set(Some(Paused { by: "somebody".to_owned(), at: clock.read() })).await;
    clock.pass(55);
    leader.turn().await.unwrap();
    assert_eq!(count(&bench).await, 0);
    set(None).await;
    clock.pass(200);
    leader.turn().await.unwrap();
    assert_eq!(count(&bench).await, 1, "the ticks of the pause were missed, the last one is in time");
}

/// What a configuration that is read again changes: an edit, a new schedule, one that is gone, and back.
#[tokio::test]
async fn a_configuration_is_taken_without_a_restart() {
    let bench = Bench::new().await;
    let (a, b) = (spec("a", "0 * * * *", "UTC"), spec("b", "0 * * * *", "UTC"));
    let (told, _specs) = watch::channel(specs(&[a]));
    let clock = Set::at(10_000);
    let mut leader = process(&bench, "leader", LONG, &told, &clock);
    leader.turn().await.unwrap();
    assert!(bench.store.schedule(&name("b")).await.unwrap().is_none());

    clock.pass(60);
    told.send(specs(&[b])).unwrap();
    leader.turn().await.unwrap();
    clock.pass(61);
    leader.turn().await.unwrap();
    assert!(state(&bench, "a").await.removed.is_some(), "nobody names it");
    assert!(state(&bench, "b").await.removed.is_none());
    clock.pass(3_600);
    leader.turn().await.unwrap();
    assert_eq!(count(&bench).await, 1, "of b alone");

    told.send(specs(&[spec("a", "30 * * * *", "UTC")])).unwrap();
    leader.turn().await.unwrap();
    let back = state(&bench, "a").await;
    assert_eq!((back.removed, back.in_force.cron.as_str()), (None, "30 * * * *"));
    assert_eq!(count(&bench).await, 1, "nothing is owed of before");
    clock.pass(3_600);
    leader.turn().await.unwrap();
    assert_eq!(count(&bench).await, 2);
}

/// By the store's own clock: on time, sent, and leadership is given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ticks_come_on_time_and_are_sent() {
    let bench = Bench::new().await;
    let (told, specs) = watch::channel(specs(&[spec("seconds", "* * * * * *", "UTC")]));
    let (store, broker) = (bench.store.clone(), bench.broker.clone());
    let schedules = Schedules::new(store, broker, specs, settings("leader", Duration::from_secs(5)));
    let stop = Stop::new(ms(100));
    let task = tokio::spawn({
        let stop = stop.clone();
        async move { schedules.run(&stop).await }
    });
    until("three ticks", || async { count(&bench).await >= 3 }).await;
    until("they are sent", || async { bench.depth(Queue::ScanBulk).await.0 >= 3 }).await;
    stop.drain();
    tokio::time::timeout(LONG, task).await.unwrap().unwrap();
    for scan in bench.store.scans(0, 100).await.unwrap() {
        let second = |ago: i64| Timestamp::from_millis((scan.created_at.as_millis() / 1_000 - ago) * 1_000);
        let its_own = (0..5).any(|ago| scan.id == scan_of(&name("seconds"), second(ago)));
        assert!(its_own, "{} is nobody's second", scan.created_at);
    }
    let lock = bench.store.lock("schedules", "another", LONG).await.unwrap();
    assert!(matches!(lock, LockAttempt::Held(_)), "{lock:?}");
    drop(told);
}

//! Laws of pressure: how many run at a time, paused lanes, and who is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use checkmate_domain::{JobSpec, Lane, TargetId, Timestamp, WorkerId};

use crate::conformance::Fixture;
use crate::conformance::given::{
    AnyStore, LONG, SHORT, ask, job, new_scan, outlive_short, sealed_with, started, target, target_of,
};
use crate::{
    AttemptEnd, Begin, BeginRequest, Fence, JobRecord, JobState, LanePause, Limits, Presence, organisation,
};

const ONE: Limits = Limits { per_target: 1, per_organisation: 0 };
const GIVEN_BACK: AttemptEnd = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };

fn limited(job: &JobRecord, ttl: Duration, limits: Limits) -> BeginRequest {
    BeginRequest { limits, max_crashes_alone: 1_000_000, ..ask(&job.id, ttl, true) }
}

/// The jobs of as many scans, each of all these targets.
async fn jobs(store: &AnyStore, scans: usize, targets: &[&str]) -> Vec<JobRecord> {
    let mut jobs = Vec::new();
    for n in 0..scans {
        let specs = targets.iter().map(|name| JobSpec::whole(target(name))).collect();
        jobs.extend(sealed_with(store, &new_scan(&format!("scan-{n}"), 100), specs).await.1);
    }
    jobs
}

async fn full(store: &AnyStore, request: &BeginRequest) -> Duration {
    match store.begin_attempt(request).await.unwrap() {
        Begin::Full(wait) => wait,
        other => panic!("{} should be put off, not {other:?}", request.job),
    }
}

/// A job over the limit is put off: nothing is counted, its message counts as sent, and the keeper knows until when.
pub async fn a_job_over_a_limit_is_put_off_and_not_counted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let jobs = jobs(&store, 2, &["one", "two"]).await;
    let first = started(&store, &limited(&jobs[0], LONG, ONE)).await;
    let before = store.now().await.unwrap();
    let wait = full(&store, &limited(&jobs[2], LONG, ONE)).await;
    assert_eq!(wait, Duration::from_secs(1), "a step of the ladder");
    let record = job(&store, &jobs[2].id).await;
    assert_eq!((record.state, record.attempt, record.crashes), (JobState::Published, 0, 0));
    assert!(record.not_before >= before.plus(wait) && record.published_at.is_some(), "{record:?}");

    started(&store, &limited(&jobs[1], LONG, ONE)).await;
    store.end_attempt(&first.fence, &GIVEN_BACK).await.unwrap();
    started(&store, &limited(&jobs[2], LONG, ONE)).await;
    full(&store, &limited(&jobs[0], LONG, ONE)).await;
    let record = job(&store, &jobs[0].id).await;
    assert_eq!((record.state, record.attempt, record.crashes), (JobState::Published, 0, 0));
}

/// Without a limit as many run as there are.
pub async fn without_a_limit_all_run(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for job in jobs(&store, 3, &["one"]).await {
        started(&store, &limited(&job, LONG, Limits::default())).await;
    }
}

/// A dead attempt takes its place until its fence has run out; then it keeps the right to write, and not the place.
pub async fn a_dead_attempt_frees_its_place_with_its_fence(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let jobs = jobs(&store, 2, &["acme/one"]).await;
    let limits = Limits { per_target: 0, per_organisation: 1 };
    started(&store, &limited(&jobs[0], SHORT, limits)).await;
    full(&store, &limited(&jobs[1], LONG, limits)).await;
    let store = fixture.reopen(store).await;
    outlive_short().await;
    started(&store, &limited(&jobs[1], LONG, limits)).await;
    full(&store, &limited(&jobs[0], LONG, limits)).await;
    let record = job(&store, &jobs[0].id).await;
    assert_eq!((record.state, record.crashes), (JobState::Running, 1), "its death is not forgotten");
}

/// An attempt that was begun, by the clock of this test.
struct Held {
    fence: Fence,
    target: TargetId,
    /// It holds at least until then, and at most until then.
    until: (Instant, Instant),
}

/// How many hold for a target and for its organisation, by one of the two ends of each.
fn holding(held: &[Held], of: &TargetId, holds: impl Fn(&Held) -> bool) -> (usize, usize) {
    let live: Vec<&TargetId> = held.iter().filter(|one| holds(one)).map(|one| &one.target).collect();
    let organised = live.iter().filter(|target| organisation(target) == organisation(of)).count();
    (live.iter().filter(|target| **target == of).count(), organised)
}

/// Whatever begins, ends and dies in whatever order: never more than the limits at once, and nothing is put off for nothing.
pub async fn never_more_than_the_limits_run_at_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let jobs = jobs(&store, 4, &["acme/one", "acme/two", "acme/three", "other"]).await;
    let limits = Limits { per_target: 2, per_organisation: 3 };
    let (mut held, mut random): (Vec<Held>, u64) = (Vec::new(), 7);
    let mut told = BTreeMap::new();
    for step in 0..240 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = usize::try_from(random >> 40).unwrap();
        if step % 60 == 59 {
            outlive_short().await;
        } else if draw % 3 == 0 && !held.is_empty() {
            let one = held.remove(draw % held.len());
            store.end_attempt(&one.fence, &GIVEN_BACK).await.unwrap();
        } else {
            let job = &jobs[draw % jobs.len()];
            let (target, ttl) = (target_of(job), if draw % 5 == 0 { SHORT } else { LONG });
            let asked = Instant::now();
            let begun = store.begin_attempt(&limited(job, ttl, limits)).await.unwrap();
            let answered = Instant::now();
            match begun {
                Begin::Started(attempt) => {
                    held.retain(|one| one.fence.job != job.id);
                    let until = (asked + ttl, answered + ttl);
                    held.push(Held { fence: attempt.fence, target: target.clone(), until });
                    let (same, organised) = holding(&held, &target, |one| one.until.0 > answered);
                    assert!(same <= 2 && organised <= 3, "step {step}: {same} and {organised} run");
                    *told.entry("started").or_insert(0) += 1;
                }
                Begin::Full(_) => {
                    let (same, organised) = holding(&held, &target, |one| one.until.1 > asked);
                    assert!(same >= 2 || organised >= 3, "step {step}: {same} and {organised} run only");
                    *told.entry("full").or_insert(0) += 1;
                }
                Begin::Busy(_) => {}
                other => panic!("step {step}: {other:?}"),
            }
        }
    }
    assert!(told.values().all(|times| *times > 10) && told.len() == 2, "{told:?}");
}

fn pause(lane: Lane, who: &str) -> LanePause {
    LanePause {
        lane,
        who: who.to_owned(),
        at: Timestamp::from_millis(7),
        why: Some("a \"reason\"".to_owned()),
    }
}

/// A lane is paused until somebody lets it go on; whoever pauses it again changes nothing.
pub async fn a_lane_is_paused_until_it_is_resumed(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let nobody = WorkerId::new("nobody").unwrap();
    assert_eq!(store.wishes(&nobody).await.unwrap().paused, []);
    let bulk = pause(Lane::Bulk, "ada");
    assert_eq!(store.pause_lane(&bulk).await, Ok(bulk.clone()));
    assert_eq!(store.pause_lane(&pause(Lane::Bulk, "eve")).await, Ok(bulk.clone()));
    let interactive = LanePause { why: None, ..pause(Lane::Interactive, "eve") };
    store.pause_lane(&interactive).await.unwrap();
    let store = fixture.reopen(store).await;
    assert_eq!(store.wishes(&nobody).await.unwrap().paused, [interactive.clone(), bulk.clone()]);
    assert_eq!(store.resume_lane(Lane::Bulk).await, Ok(Some(bulk)));
    assert_eq!(store.resume_lane(Lane::Bulk).await, Ok(None));
    assert_eq!(store.wishes(&nobody).await.unwrap().paused, [interactive]);
}

fn presence(name: &str, in_hand: u64) -> Presence {
    Presence {
        process: WorkerId::new(name).unwrap(),
        roles: vec!["worker".to_owned()],
        lanes: vec![Lane::Interactive, Lane::Bulk],
        version: "1.2.3".to_owned(),
        since: Timestamp::from_millis(1),
        seen: Timestamp::from_millis(2),
        in_hand,
        draining: false,
    }
}

/// A process is there as long as it says so; only then can it be asked to drain.
pub async fn a_process_is_there_while_it_says_so(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (a, b) = (presence("a", 1), presence("b", 0));
    assert_eq!(store.ask_to_drain(&a.process).await, Ok(false));
    store.note_presence(&a, LONG).await.unwrap();
    store.note_presence(&b, SHORT).await.unwrap();
    assert_eq!(store.processes().await, Ok(vec![a.clone(), b.clone()]));
    assert_eq!(store.ask_to_drain(&a.process).await, Ok(true));
    let again = presence("a", 4);
    store.note_presence(&again, LONG).await.unwrap();
    assert!(store.wishes(&a.process).await.unwrap().drain, "the wish stays until it is followed");
    assert!(!store.wishes(&b.process).await.unwrap().drain);
    outlive_short().await;
    assert_eq!(store.processes().await, Ok(vec![again]));
    assert_eq!(store.ask_to_drain(&b.process).await, Ok(false));
    store.leave(&a.process).await.unwrap();
    assert_eq!(store.processes().await, Ok(Vec::new()));
    assert!(!store.wishes(&a.process).await.unwrap().drain);
}

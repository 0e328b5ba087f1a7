//! Laws of attempts: who may run a job, how often, and what an old fence can still do.

use std::time::Duration;

use checkmate_domain::{JobId, NotAssessed};

use crate::conformance::Fixture;
use crate::conformance::findings::{reconcile, report, store_report};
use crate::conformance::given::{
    LONG, SHORT, ask, begin, create, expired, failed, ids, job, list_of, new_scan, outlive_short, records,
    scan, sealed, specs, started, state, target_of,
};
use crate::{Assignment, AttemptEnd, Begin, EndedAttempt, Fence, JobState, Renewed, Sealed, Stored};

/// Tokens grow with every attempt of a job, sequences with every attempt of any job.
pub async fn tokens_and_sequences_grow(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 2, 2).await;
    let (mut seqs, mut tokens) = (Vec::new(), [0, 0]);
    for round in 0..3 {
        for (n, job) in claimed.iter().enumerate() {
            let attempt = begin(&store, &job.id).await;
            assert_eq!((attempt.number, &attempt.fence.job), (round + 1, &job.id));
            assert!(attempt.fence.token > tokens[n], "the fence of attempt {round} is newer");
            assert_eq!(Some(&attempt.assignment), job.spec.clone().map(Assignment::Scan).as_ref());
            let record = crate::conformance::given::job(&store, &job.id).await;
            assert_eq!((record.state, record.attempt), (JobState::Running, round + 1));
            assert_eq!((&record.scan, &record.waits_for), (&attempt.scan, &attempt.waits_for));
            let fence = record.fence.expect("somebody runs it");
            assert_eq!((fence.token, fence.holder.as_str()), (attempt.fence.token, "worker-1"));
            tokens[n] = attempt.fence.token;
            seqs.push(attempt.seq);
            let end = AttemptEnd::Failed { error: "no".to_owned(), retry_after: Duration::ZERO };
            if round < 2 {
                store.end_attempt(&attempt.fence, &end).await.unwrap();
            }
        }
    }
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
}

/// A held fence keeps others out and says for how long; a renewed one for longer.
pub async fn a_held_fence_keeps_others_out(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let ttl = Duration::from_millis(400);
    let attempt = started(&store, &ask(&claimed[0].id, ttl, false)).await;
    let busy = async || match store.begin_attempt(&ask(&claimed[0].id, ttl, true)).await.unwrap() {
        Begin::Busy(left) => left,
        other => panic!("should be busy, not {other:?}"),
    };
    let left = busy().await;
    assert!(left > Duration::ZERO && left <= ttl, "{left:?}");
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(store.renew_fence(&attempt.fence, LONG).await, Ok(Renewed::Held));
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert!(busy().await > Duration::from_secs(60), "renewed, and past the first time-to-live");
    let record = job(&store, &claimed[0].id).await;
    assert_eq!((record.attempt, record.crashes), (1, 1), "counted for the one that started only");
}

/// A job that died with its process is suspect: it runs only where nothing else does.
pub async fn a_job_that_died_runs_alone(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let id = &claimed[0].id;
    started(&store, &ask(id, SHORT, false)).await;
    outlive_short().await;
    assert_eq!(store.begin_attempt(&ask(id, LONG, false)).await, Ok(Begin::Suspect));
    let before = job(&store, id).await;
    assert_eq!((before.attempt, before.crashes, before.crashes_alone), (1, 1, 0));
    let attempt = started(&store, &ask(id, LONG, true)).await;
    let record = job(&store, id).await;
    assert_eq!((attempt.number, record.crashes, record.crashes_alone), (2, 2, 1));

    let end = AttemptEnd::Failed { error: "no".to_owned(), retry_after: Duration::ZERO };
    assert_eq!(store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::Noted(1)));
    let after = job(&store, id).await;
    assert_eq!((after.crashes, after.crashes_alone), (1, 0), "its own mark is taken back, the other stays");
    assert_eq!(store.begin_attempt(&ask(id, LONG, false)).await, Ok(Begin::Suspect));
}

/// A job that died alone too often is condemned.
pub async fn a_job_that_keeps_dying_alone_is_condemned(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let id = &claimed[0].id;
    for alone in [false, true, true] {
        started(&store, &ask(id, SHORT, alone)).await;
        outlive_short().await;
    }
    for alone in [false, true] {
        let begun = store.begin_attempt(&ask(id, LONG, alone)).await;
        assert_eq!(begun, Ok(Begin::Condemned(NotAssessed::CrashLoop)));
    }
    let record = job(&store, id).await;
    assert_eq!((record.attempt, record.crashes, record.crashes_alone), (3, 3, 2));
    assert!(!record.state.is_final(), "whoever asked ends it");
}

/// A job that failed too often is condemned with its last error.
pub async fn a_job_that_keeps_failing_is_condemned(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let id = &claimed[0].id;
    for n in 1..=3 {
        let attempt = begin(&store, id).await;
        assert_eq!(attempt.number, n);
        let end = AttemptEnd::Failed { error: format!("error {n}"), retry_after: Duration::ZERO };
        assert_eq!(store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::Noted(n)));
        let record = job(&store, id).await;
        assert_eq!((record.failures, record.crashes, record.state), (n, 0, JobState::Published));
        assert_eq!((record.last_error, record.fence), (Some(format!("error {n}")), None));
    }
    let begun = store.begin_attempt(&ask(id, LONG, false)).await;
    assert_eq!(begun, Ok(Begin::Condemned(NotAssessed::Failed("error 3".to_owned()))));
}

/// A job past its time is condemned; one whose fence is held is not touched.
pub async fn an_expired_job_is_condemned(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut wanted = new_scan("a", 2);
    wanted.expires_after = Duration::from_millis(300);
    let (_, discover) = create(&store, &wanted).await;
    let attempt = begin(&store, &discover.id).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    let begun = store.begin_attempt(&ask(&discover.id, LONG, false)).await.unwrap();
    assert!(matches!(begun, Begin::Busy(_)), "{begun:?}");
    let (claimed, _) = crate::conformance::given::seal(&store, &attempt.fence, specs(2)).await;
    assert_eq!(
        claimed[0].expires_at,
        claimed[0].released_at.plus(wanted.expires_after),
        "from its own release"
    );
    tokio::time::sleep(Duration::from_millis(350)).await;
    let begun = store.begin_attempt(&ask(&claimed[0].id, LONG, false)).await;
    assert_eq!(begun, Ok(Begin::Condemned(NotAssessed::Expired)));
    assert_eq!(job(&store, &claimed[0].id).await.attempt, 0);
}

/// An attempt given back in order leaves no mark but the time before which there is no other.
pub async fn an_attempt_given_back_is_not_counted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let id = &claimed[0].id;
    for alone in [false, true, false, false, true] {
        let attempt = started(&store, &ask(id, LONG, alone)).await;
        assert_eq!(attempt.number, 1);
        let retry_after = Duration::from_secs(1_000);
        let before = store.now().await.unwrap();
        let end = AttemptEnd::GivenBack { retry_after, why: None };
        assert_eq!(store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::Noted(0)));
        let record = job(&store, id).await;
        assert_eq!((record.attempt, record.failures), (0, 0));
        assert_eq!((record.crashes, record.crashes_alone), (0, 0));
        assert_eq!((record.state, record.fence, record.last_error), (JobState::Published, None, None));
        let (from, to) = (before.plus(retry_after), store.now().await.unwrap().plus(retry_after));
        assert!((from..=to).contains(&record.not_before), "{:?}", record.not_before);
    }
}

/// What a job was given back for stands in its record until its next attempt ends, in whatever way.
pub async fn what_a_job_waits_for_is_told_until_its_next_attempt_ends(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 5, 5).await;
    let (_, discover) = create(&store, &new_scan("b", 2)).await;
    let why = Some("the vendor's \"answer\": nö".to_owned());
    let waits = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: why.clone() };
    let mut again = Vec::new();
    for id in claimed.iter().chain([&discover]).map(|job| &job.id) {
        let attempt = begin(&store, id).await;
        assert_eq!(attempt.waits_for, None);
        store.end_attempt(&attempt.fence, &waits).await.unwrap();
        assert_eq!(job(&store, id).await.waits_for, why);
        let attempt = begin(&store, id).await;
        let failures = job(&store, id).await.failures;
        assert_eq!((attempt.waits_for.as_ref(), failures), (why.as_ref(), 0), "still known");
        again.push(attempt);
    }
    let end = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };
    store.end_attempt(&again[0].fence, &end).await.unwrap();
    let end = AttemptEnd::Failed { error: "no".to_owned(), retry_after: Duration::ZERO };
    store.end_attempt(&again[1].fence, &end).await.unwrap();
    let stored = store.store_result(&again[2].fence, &report(&target_of(&claimed[2]), 0)).await;
    assert!(matches!(stored, Ok(Stored::New(_))), "{stored:?}");
    store.end_job(&claimed[3].id, &expired(), None).await.unwrap();
    store.end_attempt(&again[4].fence, &waits).await.unwrap();
    crate::conformance::given::seal(&store, &again[5].fence, specs(1)).await;
    for (attempt, still) in again.iter().zip([false, false, false, false, true, false]) {
        let record = job(&store, &attempt.fence.job).await;
        assert_eq!(record.waits_for.is_some(), still, "{:?}", record.state);
    }
}

/// What is over is not begun again, in whatever way it ended.
pub async fn what_is_over_is_not_begun(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 5, 4).await;
    store.end_job(&claimed[0].id, &expired(), None).await.unwrap();
    store_report(&store, &claimed[1].id, 0).await;
    reconcile(&store, &claimed[1].id, 0).await;
    store_report(&store, &claimed[2].id, 0).await;
    store.park_result(&claimed[2].id).await.unwrap();
    for job in &claimed[0..3] {
        let begun = store.begin_attempt(&ask(&job.id, LONG, true)).await;
        assert_eq!(begun, Ok(Begin::Over), "{:?}", state(&store, &job.id).await);
    }
    store.cancel_scan(&id).await.unwrap();
    assert_eq!(store.begin_attempt(&ask(&claimed[3].id, LONG, true)).await, Ok(Begin::Over));
}

/// Nobody runs what was not released.
pub async fn an_unknown_or_waiting_job_is_not_begun(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (scan, claimed) = sealed(&store, "a", 2, 1).await;
    let waiting = store.scan_jobs(&scan, 2, 1).await.unwrap().remove(0);
    assert_eq!((claimed.len(), waiting.state), (1, JobState::Waiting));
    for id in [JobId::new("nobody").unwrap(), waiting.id] {
        assert_eq!(store.begin_attempt(&ask(&id, LONG, false)).await, Ok(Begin::Unknown));
        assert_eq!(store.job(&id).await, Ok(None));
        assert_eq!(store.report(&id).await, Ok(None));
        assert_eq!(store.end_job(&id, &expired(), None).await, Ok(crate::JobEnded::Unknown));
        assert_eq!(store.park_result(&id).await, Ok(crate::Parked::Kept));
        let fence = Fence { job: id, token: 1 };
        let end = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };
        assert_eq!(store.end_attempt(&fence, &end).await, Ok(EndedAttempt::FenceLost));
        assert_eq!(store.renew_fence(&fence, LONG).await, Ok(Renewed::Lost));
        assert_eq!(store.seal(&fence, &list_of(specs(1))).await, Ok(Sealed::FenceLost));
        let stored = store.store_result(&fence, &report(&target_of(&claimed[0]), 0)).await;
        assert_eq!(stored, Ok(Stored::FenceLost));
    }
}

/// A stored result and a sealed list are told to whoever asks to run the job again, with what may have to be published.
pub async fn what_is_done_is_told_with_what_may_be_unpublished(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 6, 3).await;
    let discover = store.scan_jobs(&id, 0, 1).await.unwrap().remove(0);
    let released = async |begin: Begin| match begin {
        Begin::AlreadySealed(jobs) | Begin::AlreadyStored(_, jobs) => {
            ids(&records(&store, &jobs).await).into_iter().collect::<std::collections::BTreeSet<_>>()
        }
        other => panic!("{other:?}"),
    };
    let of = |jobs: &[&crate::JobRecord]| jobs.iter().map(|job| job.id.clone()).collect();

    let begun = store.begin_attempt(&ask(&discover.id, LONG, false)).await.unwrap();
    assert!(matches!(begun, Begin::AlreadySealed(_)));
    assert_eq!(released(begun).await, of(&[&claimed[0], &claimed[1], &claimed[2]]));
    store.mark_published(&[claimed[1].id.clone()]).await.unwrap();
    let next = store_report(&store, &claimed[0].id, 1).await;
    assert_eq!(next.len(), 1);

    let begun = store.begin_attempt(&ask(&claimed[0].id, LONG, false)).await.unwrap();
    let Begin::AlreadyStored(stored, _) = &begun else { panic!("{begun:?}") };
    assert_eq!(**stored, job(&store, &claimed[0].id).await);
    assert_eq!(released(begun).await, of(&[&claimed[2], &next[0]]));
    let begun = store.begin_attempt(&ask(&discover.id, LONG, false)).await.unwrap();
    assert_eq!(released(begun).await, of(&[&claimed[2], &next[0]]));
}

/// An attempt that was overtaken writes nothing, whatever it tries.
pub async fn an_old_fence_writes_nothing(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (scan_id, claimed) = sealed(&store, "a", 3, 2).await;
    let (_, discover) = create(&store, &new_scan("b", 2)).await;
    for id in [&claimed[0].id, &discover.id] {
        let old = started(&store, &ask(id, SHORT, false)).await;
        outlive_short().await;
        let new = started(&store, &ask(id, LONG, true)).await;
        let before = (job(&store, id).await, scan(&store, &new.scan).await);

        let end = AttemptEnd::Failed { error: "late".to_owned(), retry_after: Duration::ZERO };
        assert_eq!(store.end_attempt(&old.fence, &end).await, Ok(EndedAttempt::FenceLost));
        let end = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };
        assert_eq!(store.end_attempt(&old.fence, &end).await, Ok(EndedAttempt::FenceLost));
        assert_eq!(store.renew_fence(&old.fence, LONG).await, Ok(Renewed::Lost));
        assert_eq!(store.seal(&old.fence, &list_of(specs(4))).await, Ok(Sealed::FenceLost));
        match &new.assignment {
            Assignment::Scan(spec) => {
                let late = report(&spec.target, 3);
                assert_eq!(store.store_result(&old.fence, &late).await, Ok(Stored::FenceLost));
            }
            Assignment::Discover(scope) => assert_eq!(*scope, new_scan("b", 2).scope),
        }
        assert_eq!((job(&store, id).await, scan(&store, &new.scan).await), before);
        assert_eq!(store.report(id).await, Ok(None));
        assert_eq!(store.renew_fence(&new.fence, LONG).await, Ok(Renewed::Held));
    }
    assert_eq!(store.scan_jobs(&scan_id, 0, 100).await.unwrap().len(), 4);
}

/// A fence is used once: after its attempt ended it is worth nothing.
pub async fn a_fence_ends_with_its_attempt(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 2, 2).await;
    let attempt = begin(&store, &claimed[0].id).await;
    let end = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };
    store.end_attempt(&attempt.fence, &end).await.unwrap();
    assert_eq!(store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::FenceLost));
    assert_eq!(store.renew_fence(&attempt.fence, LONG).await, Ok(Renewed::Lost));
    assert_eq!(store.seal(&attempt.fence, &list_of(specs(1))).await, Ok(Sealed::FenceLost));
    let stored = store.store_result(&attempt.fence, &report(&target_of(&claimed[0]), 0)).await;
    assert_eq!(stored, Ok(Stored::FenceLost));

    let attempt = begin(&store, &claimed[1].id).await;
    store.end_job(&claimed[1].id, &failed("given up"), None).await.unwrap();
    let stored = store.store_result(&attempt.fence, &report(&target_of(&claimed[1]), 0)).await;
    assert_eq!(stored, Ok(Stored::FenceLost));
    assert_eq!(store.renew_fence(&attempt.fence, LONG).await, Ok(Renewed::Lost));
    assert_eq!(store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::FenceLost));
    assert_eq!(state(&store, &claimed[1].id).await, JobState::Ended);
}

/// A slow attempt that nobody overtook is not wasted.
pub async fn a_fence_that_ran_out_but_was_not_taken_still_writes(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    let attempt = started(&store, &ask(&claimed[0].id, SHORT, false)).await;
    outlive_short().await;
    let stored = store.store_result(&attempt.fence, &report(&target_of(&claimed[0]), 1)).await;
    assert_eq!(stored, Ok(Stored::New(Vec::new())));
}

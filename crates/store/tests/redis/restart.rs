//! A Redis that dies, and what its next life says of the lost time.

use std::time::Duration;

use checkmate_domain::{
    Approval, Ask, Decision, DeliveryRecord, DeliveryState, Fingerprint, Said, ScanId, ScheduleName, Subject,
    Timestamp,
};
use checkmate_store::redis::RedisStore;
use checkmate_store::schedules::{Definition, Fire, Fired, Paused, Put, ScheduleState};
use checkmate_store::{
    ApprovalStore, Committed, DecisionStore, JobState, LedgerStore, LockAttempt, ScanState, ScheduleStore,
    Store, StoreError,
};
use checkmate_testkit::redis::{Fsync, Redis, RedisOptions};

use crate::support::{begin, commit, config, connect, load, request, sealed, stored};

/// Calls until one gets through; each connection may fail once.
async fn epoch_again(store: &RedisStore) -> String {
    for _ in 0..20 {
        match store.epoch().await {
            Ok(epoch) => return epoch,
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the store did not come back")
}

/// With `everysec` what was answered may stay in Redis's memory while the disk is slow; waits until it does not.
async fn written_out(redis: &Redis) {
    while !redis.command(&["INFO", "persistence"]).contains("aof_buffer_length:0\r") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_killed_redis_keeps_everything() {
    let mut redis = Redis::start();
    let store = connect(&redis).await;
    let jobs = sealed(&store, "s", 3, 2).await;
    let claimed = stored(&store, &jobs[0], 5).await;
    let input = load(&store, &jobs[0].id).await;
    store.commit_reconcile(&commit(&input)).await.expect("commit");
    stored(&store, &jobs[1], 1).await;
    let before = store.scan_jobs(&jobs[0].scan, 0, 100).await.expect("jobs");
    let log = store.transitions(None, 100).await.expect("log");

    written_out(&redis).await;
    redis.restart();
    epoch_again(&store).await;

    assert_eq!(store.scan_jobs(&jobs[0].scan, 0, 100).await.expect("jobs"), before);
    assert_eq!(store.transitions(None, 100).await.expect("log"), log);
    assert_eq!(log.len(), 5);
    assert_eq!(load(&store, &jobs[1].id).await.report.findings.len(), 1);
    let scan = store.scan(&jobs[0].scan).await.expect("scan").expect("there");
    assert_eq!((scan.state, scan.done, scan.pending, scan.in_window), (ScanState::Running, 1, 2, 1));
    let claimed = store.job(&claimed[0].id).await.expect("job").expect("there");
    assert_eq!(claimed.state, JobState::Recorded);
}

#[tokio::test]
async fn the_epoch_tells_of_lost_time_and_only_of_that() {
    for (fsync, changes) in [(Fsync::EverySecond, true), (Fsync::Always, false)] {
        let mut redis = Redis::start_with(RedisOptions { fsync, ..RedisOptions::default() });
        let (one, two) = (connect(&redis).await, connect(&redis).await);
        let before = one.epoch().await.expect("epoch");
        assert_eq!(two.epoch().await.expect("epoch"), before);
        redis.restart();
        let after = epoch_again(&one).await;
        assert_eq!(after != before, changes, "{fsync:?}");
        assert_eq!(epoch_again(&two).await, after, "{fsync:?}");
        assert_eq!(connect(&redis).await.epoch().await.expect("epoch"), after, "{fsync:?}");
    }
}

#[tokio::test]
async fn another_database_is_another_epoch() {
    let (one, two) = (Redis::start(), Redis::start());
    let (one, two) = (connect(&one).await, connect(&two).await);
    assert_ne!(one.epoch().await.expect("epoch"), two.epoch().await.expect("epoch"));
}

#[tokio::test]
async fn an_emptied_database_is_another_epoch() {
    let redis = Redis::start();
    let store = connect(&redis).await;
    let before = store.epoch().await.expect("epoch");
    redis.command(&["FLUSHALL"]);
    let after = store.epoch().await.expect("epoch");
    assert_ne!(after, before);
    assert_eq!(store.epoch().await, Ok(after));
}

#[tokio::test]
async fn scripts_are_loaded_again_when_redis_forgot_them() {
    let redis = Redis::start();
    let store = connect(&redis).await;
    sealed(&store, "one", 1, 1).await;
    redis.command(&["SCRIPT", "FLUSH"]);
    sealed(&store, "two", 1, 1).await;
}

#[tokio::test]
async fn says_what_can_be_lost() {
    for (fsync, always) in [(Fsync::EverySecond, false), (Fsync::Always, true)] {
        let redis = Redis::start_with(RedisOptions { fsync, ..RedisOptions::default() });
        let durability =
            RedisStore::connect(config(&redis)).await.expect("store").durability().await.expect("durability");
        assert_eq!((durability.always, durability.warnings.is_empty()), (always, always), "{durability:?}");
    }
}

#[tokio::test]
async fn no_token_is_given_twice_when_time_was_lost() {
    for (fsync, ahead) in [(Fsync::EverySecond, true), (Fsync::Always, false)] {
        let mut redis = Redis::start_with(RedisOptions { fsync, ..RedisOptions::default() });
        let store = connect(&redis).await;
        let jobs = sealed(&store, "s", 2, 2).await;
        let before = begin(&store, &jobs[0].id).await;
        written_out(&redis).await;
        redis.restart();
        epoch_again(&store).await;
        let after = begin(&store, &jobs[1].id).await;
        assert!(after.seq > before.seq && after.fence.token > before.fence.token);
        assert_eq!(after.seq - before.seq > 100_000, ahead, "{fsync:?}");
    }
}

/// A release that counted versions for itself may have given more than the counter.
#[tokio::test]
async fn a_version_is_beyond_the_one_before() {
    for findings in [1, 1_500] {
        let redis = Redis::start();
        let store = connect(&redis).await;
        let job = sealed(&store, "s", 1, 1).await.remove(0);
        stored(&store, &job, findings).await;
        let target = job.spec.expect("a scan job").target;
        let (key, prefix) = (format!("target:{target}"), config(&redis).prefix);
        redis.command(&["HSET", &format!("{prefix}{key}"), "version", "9000000"]);
        store.commit_reconcile(&commit(&load(&store, &job.id).await)).await.expect("commit");
        assert_eq!(store.target(&target).await.expect("target").version, 9_000_001);
    }
}

/// Decided upon a commit that is lost, with another one in its place: the log would say the same twice.
#[tokio::test]
async fn what_was_decided_upon_a_lost_version_conflicts() {
    for findings in [3, 1_500] {
        let mut redis = Redis::start();
        let store = connect(&redis).await;
        let mut jobs = Vec::new();
        for (name, findings) in [("lost", 0), ("kept", findings), ("decided", findings)] {
            let job = sealed(&store, name, 1, 1).await.remove(0);
            stored(&store, &job, findings).await;
            jobs.push(job);
        }
        written_out(&redis).await;
        let written = redis.written();
        store.commit_reconcile(&commit(&load(&store, &jobs[0].id).await)).await.expect("commit");
        let decided = commit(&load(&store, &jobs[2].id).await);

        redis.restart_at(written);
        epoch_again(&store).await;

        let kept = store.commit_reconcile(&commit(&load(&store, &jobs[1].id).await)).await;
        assert!(matches!(kept, Ok(Committed::Committed(_))), "{kept:?}");
        assert_eq!(store.commit_reconcile(&decided).await, Ok(Committed::Conflict), "{findings} findings");
        assert_eq!(store.transitions(None, 10_000).await.expect("log").len(), findings);
    }
}

fn delivery() -> DeliveryRecord {
    let subject = Subject::Scan(ScanId::new("s").expect("id"));
    DeliveryRecord::planned("tickets", subject, "look".to_owned(), Timestamp::from_millis(1))
}

fn approval() -> Approval {
    let (scan, ask) = (ScanId::new("s").expect("id"), Ask::FirstUse { project: "SEC".to_owned() });
    Approval::asked("tickets", &scan, ask, Timestamp::from_millis(1), Duration::from_secs(60))
}

fn decision() -> Decision {
    let fingerprint: Fingerprint =
        serde_json::from_str("\"v1.00000000000000000000000000000001\"").expect("a fingerprint");
    said(Decision::none(fingerprint), "first")
}

fn said(decision: Decision, text: &str) -> Decision {
    let by = Said { by: "ann".to_owned(), at: Timestamp::from_millis(1) };
    decision.comment(text, &by).expect("a comment")
}

/// One row of each kind.
#[derive(Clone, Debug, PartialEq)]
struct Rows {
    delivery: DeliveryRecord,
    approval: Approval,
    decision: Decision,
}

impl Rows {
    fn new() -> Self {
        Self { delivery: delivery(), approval: approval(), decision: decision() }
    }

    fn by(self, who: &str) -> Self {
        Self {
            delivery: DeliveryRecord { why: Some(who.to_owned()), ..self.delivery },
            approval: Approval { route: who.to_owned(), ..self.approval },
            decision: said(self.decision, who),
        }
    }

    async fn write(self, store: &RedisStore) -> Self {
        Self {
            delivery: store.put_delivery(self.delivery).await.expect("asked").expect("written"),
            approval: store.put_approval(self.approval).await.expect("asked").expect("written"),
            decision: store.put_decision(self.decision).await.expect("asked").expect("written"),
        }
    }

    async fn read(store: &RedisStore) -> Self {
        let one = Self::new();
        Self {
            delivery: store.delivery(&one.delivery.id).await.expect("asked").expect("there"),
            approval: store.approval(&one.approval.id).await.expect("asked").expect("there"),
            decision: store.decision(&one.decision.fingerprint).await.expect("asked").expect("there"),
        }
    }
}

/// A row is written and lost, and another one is written in its place: whoever wrote the first must not go on as if it stood.
#[tokio::test]
async fn what_is_written_upon_a_lost_row_is_refused() {
    for is_new in [true, false] {
        let mut redis = Redis::start();
        let store = connect(&redis).await;
        let mut before = Rows::new();
        if !is_new {
            before = before.write(&store).await;
        }
        written_out(&redis).await;
        let written = redis.written();
        let lost = before.clone().by("lost").write(&store).await;

        redis.restart_at(written);
        epoch_again(&store).await;

        let kept = before.by("kept").write(&store).await;
        let again = lost.clone().by("again");
        assert_eq!(store.put_delivery(again.delivery).await, Ok(None), "new: {is_new}");
        assert_eq!(store.put_approval(again.approval).await, Ok(None), "new: {is_new}");
        assert_eq!(store.put_decision(again.decision).await, Ok(None), "new: {is_new}");
        let held = kept.delivery.clone();
        assert_eq!(store.put_held_delivery(held, &lost.approval).await, Ok(None), "new: {is_new}");
        assert_eq!(Rows::read(&store).await, kept, "new: {is_new}");
        kept.by("on").write(&store).await;
    }
}

/// A release that counts versions for itself has it in the record, and may be ahead of the counter.
#[tokio::test]
async fn a_row_of_a_release_that_counts_is_written_on() {
    let redis = Redis::start();
    let (store, prefix) = (connect(&redis).await, config(&redis).prefix);
    let counted = DeliveryRecord { version: 9_000_000, ..delivery() };
    let (id, record) = (counted.id.as_str(), serde_json::to_string(&counted).expect("JSON"));
    redis.command(&["HSET", &format!("{prefix}deliveries:versions"), id, "9000000"]);
    redis.command(&["HSET", &format!("{prefix}deliveries"), id, &record]);
    redis.command(&["ZADD", &format!("{prefix}deliveries:ids"), "0", id]);
    redis.command(&["ZADD", &format!("{prefix}deliveries:due"), "1", id]);

    assert_eq!(store.delivery(&counted.id).await, Ok(Some(counted.clone())));
    assert_eq!(store.due_deliveries(Timestamp::from_millis(1), 9).await, Ok(vec![counted.clone()]));
    let sending = DeliveryRecord { state: DeliveryState::Sending, ..counted };
    let sending = store.put_delivery(sending).await.expect("asked").expect("written");
    assert_eq!(sending.version, 9_000_001);

    // That release goes on from what it reads.
    let answer = redis.command(&["HGET", &format!("{prefix}deliveries"), sending.id.as_str()]);
    let record = answer.lines().nth(1).expect("a length, then the record");
    assert_eq!(serde_json::from_str::<DeliveryRecord>(record).expect("JSON"), sending);
    // What the scripts compare with counts, whatever the record says.
    redis.command(&["HSET", &format!("{prefix}deliveries:versions"), sending.id.as_str(), "9000007"]);
    let read = store.delivery(&sending.id).await.expect("asked").expect("there");
    assert_eq!(read, DeliveryRecord { version: 9_000_007, ..sending });
    assert!(store.put_delivery(read).await.expect("asked").expect("written").version > 9_000_007);
}

fn schedule(paused: bool) -> ScheduleState {
    let at = Timestamp::from_millis(1);
    let definition =
        Definition { cron: "0 2 * * *".to_owned(), zone: "UTC".to_owned(), since: at, loaded: at };
    ScheduleState {
        in_force: definition,
        edits: Vec::new(),
        handled_until: at,
        paused: paused.then(|| Paused { by: "ann".to_owned(), at }),
        waiting: None,
        last_tick: None,
        last_scan: None,
        skipped: Vec::new(),
        removed: None,
    }
}

/// The leader decided on what it wrote last, which is lost; a pause that was written since must not go with it.
#[tokio::test]
async fn a_schedule_is_not_fired_upon_a_lost_version() {
    let mut redis = Redis::start();
    let (store, name) = (connect(&redis).await, ScheduleName::new("nightly").expect("a name"));
    let LockAttempt::Held(guard) =
        store.lock("schedules", "a", Duration::from_secs(60)).await.expect("a lock")
    else {
        panic!("nobody else leads")
    };
    written_out(&redis).await;
    let written = redis.written();
    let decided = |version| Fire {
        guard: guard.clone(),
        name: name.clone(),
        version,
        state: schedule(false),
        scan: None,
    };
    let Fired::Done(lost, None) = store.fire(&decided(0)).await.expect("fired") else {
        panic!("nobody else decides")
    };

    redis.restart_at(written);
    epoch_again(&store).await;

    let paused = store.put_schedule(&name, 0, &schedule(true)).await.expect("paused");
    assert!(matches!(paused, Put::Done(_)), "{paused:?}");
    assert_eq!(store.fire(&decided(lost)).await, Ok(Fired::Moved));
    assert!(store.schedule(&name).await.expect("asked").expect("there").state.paused.is_some());
}

/// The leader looks whether anything changed: what was written in place of a lost write is another change.
#[tokio::test]
async fn a_change_in_place_of_a_lost_one_is_seen() {
    let mut redis = Redis::start();
    let (store, name) = (connect(&redis).await, ScheduleName::new("nightly").expect("a name"));
    written_out(&redis).await;
    let written = redis.written();
    store.put_schedule(&name, 0, &schedule(true)).await.expect("paused");
    let seen = store.schedule_changes().await.expect("changes");

    redis.restart_at(written);
    epoch_again(&store).await;

    store.put_schedule(&name, 0, &schedule(false)).await.expect("defined");
    assert_ne!(store.schedule_changes().await.expect("changes"), seen);
}

/// Taken for the job that makes the list it would end well, and nobody would have looked at its target.
#[tokio::test]
async fn a_scan_job_whose_list_is_lost_is_not_begun_as_another() {
    let redis = Redis::start();
    let store = connect(&redis).await;
    let claimed = sealed(&store, "s", 1, 1).await;
    redis.command(&["DEL", &format!("checkmate:list:{}", claimed[0].scan)]);
    let begun = store.begin_attempt(&request(&claimed[0].id)).await;
    let Err(StoreError::Corrupt(why)) = begun else { panic!("{begun:?}") };
    assert!(why.contains(claimed[0].id.as_str()), "{why}");
}

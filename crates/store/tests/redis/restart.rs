//! A Redis that dies, and what its next life says of the lost time.

use std::time::Duration;

use checkmate_store::redis::RedisStore;
use checkmate_store::{Committed, JobState, ScanState, Store, StoreError};
use checkmate_testkit::redis::{Fsync, Redis, RedisOptions};

use crate::support::{begin, commit, config, connect, load, sealed, stored};

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

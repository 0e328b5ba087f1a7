//! Two processes, each with its own connections, want the same thing at the same time: one gets it.

use std::time::Duration;

use checkmate_store::redis::RedisStore;
use checkmate_store::{Begin, Committed, LockAttempt, Store, Stored};
use checkmate_testkit::redis::Redis;

use crate::support::{begin, commit, connect, load, report, request, sealed, stored};

async fn two(redis: &Redis) -> (RedisStore, RedisStore) {
    (connect(redis).await, connect(redis).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_attempt_of_a_job() {
    let redis = Redis::start();
    let (one, two) = two(&redis).await;
    for job in sealed(&one, "s", 50, 50).await {
        let request = request(&job.id);
        let (a, b) = tokio::join!(one.begin_attempt(&request), two.begin_attempt(&request));
        let started = [&a, &b].iter().filter(|begin| matches!(begin, Ok(Begin::Started(_)))).count();
        let busy = [&a, &b].iter().filter(|begin| matches!(begin, Ok(Begin::Busy(_)))).count();
        assert_eq!((started, busy), (1, 1), "{a:?} {b:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_result_of_a_job_and_one_next_job() {
    let redis = Redis::start();
    let (one, two) = two(&redis).await;
    for job in sealed(&one, "s", 40, 20).await {
        let attempt = begin(&one, &job.id).await;
        let report = report(&job.spec.as_ref().expect("spec").target, 1);
        let (a, b) = tokio::join!(
            one.store_result(&attempt.fence, &report),
            two.store_result(&attempt.fence, &report)
        );
        let new: Vec<usize> = [a, b]
            .into_iter()
            .filter_map(|stored| match stored.expect("stored") {
                Stored::New(claimed) => Some(claimed.len()),
                _ => None,
            })
            .collect();
        assert_eq!(new, [1]);
    }
    let scan = one.scans(0, 1).await.expect("scans").remove(0);
    assert_eq!((scan.released, scan.in_window), (40, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_commit_on_a_version() {
    let redis = Redis::start();
    let (one, two) = two(&redis).await;
    for name in ["a", "b", "c", "d"] {
        let job = sealed(&one, name, 1, 1).await.remove(0);
        stored(&one, &job, 3).await;
        let commit = commit(&load(&one, &job.id).await);
        let (a, b) = tokio::join!(one.commit_reconcile(&commit), two.commit_reconcile(&commit));
        let all = [a.expect("commit"), b.expect("commit")];
        assert_eq!(
            all.iter().filter(|c| matches!(c, Committed::Committed(Some(p)) if p.finished_now)).count(),
            1,
            "{all:?}"
        );
        assert_eq!(all.iter().filter(|c| matches!(c, Committed::AlreadyReconciled(_))).count(), 1, "{all:?}");
    }
    assert_eq!(one.transitions(None, 100).await.expect("log").len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_holder_of_a_lock_with_growing_tokens() {
    let redis = Redis::start();
    let (one, two) = two(&redis).await;
    let ttl = Duration::from_millis(20);
    let mut last = 0;
    for _ in 0..20 {
        let (a, b) = tokio::join!(one.lock("leader", "one", ttl), two.lock("leader", "two", ttl));
        let held: Vec<_> = [a, b]
            .into_iter()
            .filter_map(|lock| match lock.expect("lock") {
                LockAttempt::Held(guard) => Some(guard.token),
                LockAttempt::Other { .. } => None,
            })
            .collect();
        assert_eq!(held.len(), 1);
        assert!(held[0] > last, "{held:?} after {last}");
        last = held[0];
        tokio::time::sleep(ttl + Duration::from_millis(5)).await;
    }
}

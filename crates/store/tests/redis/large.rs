//! What is too large for one script: staged in chunks, complete or not there, whoever dies in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use checkmate_store::redis::{CrashHook, RedisStore};
use checkmate_store::{Begin, Committed, Created, JobState, ReconcileLoad, ScanState, Sealed, Store, Stored};
use checkmate_testkit::redis::Redis;

use crate::support::{begin, commit, config, connect, list, load, new_scan, report, request, sealed, stored};

/// More changes than one script takes: each finding comes with a log entry.
const MANY: usize = 1_200;

/// Panics at the named point after it was passed `skip` times.
fn dies_at(point: &'static str, skip: u32) -> CrashHook {
    let left = AtomicU32::new(skip);
    Arc::new(move |name| {
        let alive = |left: u32| left.checked_sub(1);
        if name == point && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, alive).is_err() {
            panic!("dies at {point}");
        }
    })
}

async fn mortal(redis: &Redis, point: &'static str, skip: u32) -> RedisStore {
    let mut config = config(redis);
    config.crash_hook = Some(dies_at(point, skip));
    RedisStore::connect(config).await.expect("store")
}

/// Runs what must not come to its end.
async fn dies(work: impl Future<Output = ()> + Send + 'static) {
    assert!(tokio::spawn(work).await.expect_err("died").is_panic());
}

#[tokio::test]
async fn a_large_report_comes_back_whole() {
    let redis = Redis::start();
    let store = connect(&redis).await;
    let job = sealed(&store, "s", 1, 1).await.remove(0);
    stored(&store, &job, 6_000).await;
    let expected = report(&job.spec.expect("spec").target, 6_000);
    assert!(serde_json::to_vec(&expected).expect("json").len() > 2_000_000);
    assert_eq!(store.report(&job.id).await, Ok(Some(expected.clone())));
    assert_eq!(load(&store, &job.id).await.report, expected.into());
}

#[tokio::test]
async fn half_a_report_is_none_and_the_next_attempt_writes_its_own() {
    let redis = Redis::start();
    let mortal = mortal(&redis, "store.after-part", 2).await;
    let store = connect(&redis).await;
    let job = sealed(&store, "s", 1, 1).await.remove(0);
    let attempt = begin(&store, &job.id).await;
    let target = job.spec.clone().expect("spec").target;
    let (fence, half) = (attempt.fence.clone(), report(&target, 6_000));
    dies(async move { drop(mortal.store_result(&fence, &half).await) }).await;

    assert_eq!(store.report(&job.id).await, Ok(None));
    assert_eq!(store.load_reconcile(&job.id, true).await, Ok(ReconcileLoad::NoResult));
    let whole = report(&target, 5_000);
    assert!(matches!(store.store_result(&attempt.fence, &whole).await, Ok(Stored::New(_))));
    assert_eq!(store.report(&job.id).await, Ok(Some(whole)));
}

#[tokio::test]
async fn ten_thousand_children_are_sealed_at_once_or_not_at_all() {
    let redis = Redis::start();
    let mortal = mortal(&redis, "store.after-seal-chunk", 3).await;
    let store = connect(&redis).await;
    let Ok(Created::New(scan, discover)) = store.create_scan(&new_scan("s", 200)).await else {
        panic!("new")
    };
    let attempt = begin(&store, &discover.id).await;
    let (fence, jobs) = (attempt.fence.clone(), list(10_000));
    dies(async move { drop(mortal.seal(&fence, &jobs).await) }).await;
    let seen = store.scan(&scan.id).await.expect("scan").expect("there");
    assert_eq!((seen.sealed, seen.total, seen.state), (false, 0, ScanState::Discovering));

    let Ok(Sealed::New(claimed, progress)) = store.seal(&attempt.fence, &list(10_000)).await else {
        panic!("sealed")
    };
    assert_eq!((claimed.len(), progress.scan.total, progress.scan.pending), (200, 10_000, 10_000));
    let all = store.scan_jobs(&scan.id, 0, 20_000).await.expect("jobs");
    assert_eq!(all.len(), 10_001);
    assert_eq!(all.iter().filter(|job| job.state == JobState::Waiting).count(), 9_800);
    assert_eq!(all[10_000].spec.as_ref().expect("spec").target.as_str(), "export:t9999");
    let Ok(Sealed::Already(recorded)) = store.seal(&attempt.fence, &list(1)).await else { panic!("already") };
    assert_eq!(recorded.len(), 200);
    assert!(matches!(store.begin_attempt(&request(&discover.id)).await, Ok(Begin::AlreadySealed(_))));
}

#[tokio::test]
async fn a_commit_that_dies_while_staging_never_was() {
    let redis = Redis::start();
    let mortal = mortal(&redis, "store.after-stage-chunk", 1).await;
    let store = connect(&redis).await;
    let job = sealed(&store, "s", 1, 1).await.remove(0);
    stored(&store, &job, MANY).await;
    let commit = commit(&load(&store, &job.id).await);
    let lost = commit.clone();
    dies(async move { drop(mortal.commit_reconcile(&lost).await) }).await;

    assert_eq!(load(&store, &job.id).await.target.version, 0);
    assert!(store.transitions(None, 10).await.expect("log").is_empty());
    assert!(matches!(store.commit_reconcile(&commit).await, Ok(Committed::Committed(_))));
    all_are_there(&store, &job.id).await;
}

#[tokio::test]
async fn a_commit_that_dies_after_the_flip_is_written_by_whoever_comes_next() {
    for (point, skip) in
        [("store.after-flip", 0), ("store.after-apply-chunk", 0), ("store.after-apply-chunk", 2)]
    {
        for reader in ["log", "target", "load", "finding", "targets", "commit"] {
            let redis = Redis::start();
            let mortal = mortal(&redis, point, skip).await;
            let store = connect(&redis).await;
            let job = sealed(&store, "s", 1, 1).await.remove(0);
            stored(&store, &job, MANY).await;
            let commit = commit(&load(&store, &job.id).await);
            let lost = commit.clone();
            dies(async move { drop(mortal.commit_reconcile(&lost).await) }).await;

            match reader {
                "log" => {
                    assert_eq!(store.transitions(None, 9_999).await.expect("log").len(), MANY);
                }
                "target" => {
                    assert_eq!(store.target(&commit.target).await.expect("target").findings.len(), MANY);
                }
                "load" => assert!(matches!(
                    store.load_reconcile(&job.id, true).await,
                    Ok(ReconcileLoad::AlreadyReconciled(_))
                )),
                "finding" => {
                    let last = commit.upserts[MANY - 1].finding.fingerprint.as_str();
                    assert!(store.finding(last).await.expect("finding").is_some());
                }
                "targets" => assert_eq!(store.targets().await, Ok(vec![commit.target.clone()])),
                _ => assert!(matches!(
                    store.commit_reconcile(&commit).await,
                    Ok(Committed::AlreadyReconciled(_))
                )),
            }
            all_are_there(&store, &job.id).await;
        }
    }
}

async fn all_are_there(store: &RedisStore, job: &checkmate_domain::JobId) {
    let log = store.transitions(None, 9_999).await.expect("log");
    let distinct: std::collections::BTreeSet<_> =
        log.iter().map(|entry| &entry.transition.fingerprint).collect();
    assert_eq!((log.len(), distinct.len()), (MANY, MANY));
    let target = store.targets().await.expect("targets").remove(0);
    let state = store.target(&target).await.expect("target");
    assert_eq!((state.version > 0, state.findings.len()), (true, MANY));
    assert!(state.findings.is_sorted_by(|a, b| a.finding.fingerprint < b.finding.fingerprint));
    let job = store.job(job).await.expect("job").expect("there");
    let scan = store.scan(&job.scan).await.expect("scan").expect("there");
    assert_eq!((job.state, scan.state), (JobState::Reconciled, ScanState::Finished));
    assert_eq!((scan.done, scan.pending, scan.opened), (1, 0, MANY as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_finish_one_plan_together_and_write_nothing_twice() {
    let redis = Redis::start();
    let mortal = mortal(&redis, "store.after-flip", 0).await;
    let store = Arc::new(connect(&redis).await);
    let job = sealed(&store, "s", 1, 1).await.remove(0);
    stored(&store, &job, MANY).await;
    let lost = commit(&load(&store, &job.id).await);
    let target = lost.target.clone();
    dies(async move { drop(mortal.commit_reconcile(&lost).await) }).await;
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (store, target) = (Arc::clone(&store), target.clone());
            tokio::spawn(async move { store.target(&target).await.expect("target").findings.len() })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.expect("joined"), MANY);
    }
    all_are_there(&store, &job.id).await;
}

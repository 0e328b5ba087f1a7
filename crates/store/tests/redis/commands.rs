//! How many commands a job costs: four calls on its way, and its share of noting publishes.

use std::collections::BTreeMap;
use std::time::Instant;

use checkmate_domain::JobId;
use checkmate_store::{Committed, ScanState, Store};
use checkmate_testkit::redis::Redis;
use futures::stream::{self, StreamExt};

use crate::support::{commit, connect, load, sealed, store_report};

/// Calls by command since the last reset; what scripts call inside is not sent over the network and counted apart.
fn counts(redis: &Redis) -> BTreeMap<String, u64> {
    let text = redis.command(&["INFO", "commandstats"]);
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Microseconds of processor time that Redis has used, everything included.
fn spent(redis: &Redis) -> f64 {
    let text = redis.command(&["INFO", "cpu"]);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.parse::<f64>().ok());
    let seconds = field("used_cpu_user:").and_then(|user| Some(user + field("used_cpu_sys:")?));
    seconds.expect("used_cpu") * 1e6
}

#[tokio::test(flavor = "multi_thread")]
async fn four_calls_and_a_share_for_each_job() {
    const JOBS: usize = 1_000;
    let redis = Redis::start();
    let store = connect(&redis).await;
    // From here on the server knows the scripts: until then those who ask at once each ask twice.
    let first = sealed(&store, "first", 1, 1).await;
    run(&store, first.into_iter().map(|job| job.id).collect()).await;
    let wave = sealed(&store, "s", JOBS, 100).await;
    let id = wave[0].scan.clone();
    let mut wave: Vec<JobId> = wave.into_iter().map(|job| job.id).collect();
    store.mark_published(&wave).await.expect("published");
    redis.command(&["CONFIG", "RESETSTAT"]);

    let (begun, idle, mut marks) = (Instant::now(), spent(&redis), 0);
    while !wave.is_empty() {
        wave = run(&store, wave).await;
        marks += u64::from(!wave.is_empty());
        store.mark_published(&wave).await.expect("published");
    }
    let seconds = begun.elapsed().as_secs_f64();

    let counts = counts(&redis);
    let calls = counts["evalsha"];
    println!(
        "{JOBS} jobs: {calls} EVALSHA, {:.3} a job, {:.0} jobs/s, {:.0} calls/s",
        calls as f64 / JOBS as f64,
        JOBS as f64 / seconds,
        calls as f64 / seconds
    );
    println!("Redis used {:.0} us of processor time a job", (spent(&redis) - idle) / JOBS as f64);
    println!("inside the scripts and beside them: {counts:?}");
    let beside: u64 = ["eval", "script", "ping", "unwatch", "multi", "exec"]
        .iter()
        .filter_map(|name| counts.get(*name))
        .sum();
    assert_eq!(beside, 0, "{counts:?}");
    assert_eq!(calls, 4 * JOBS as u64 + marks, "four for each job and a mark for each wave");
    let scan = store.scan(&id).await.expect("scan").expect("there");
    assert_eq!((scan.state, scan.done), (ScanState::Finished, JOBS as u64));
}

async fn run(store: &checkmate_store::redis::RedisStore, wave: Vec<JobId>) -> Vec<JobId> {
    let one = |job: JobId| async move {
        let claimed = store_report(store, &job, 1).await;
        let input = load(store, &job).await;
        let committed = store.commit_reconcile(&commit(&input)).await.expect("commit");
        assert!(matches!(committed, Committed::Committed(_)));
        claimed.into_iter().map(|message| message.job).collect::<Vec<_>>()
    };
    stream::iter(wave).map(one).buffer_unordered(32).concat().await
}

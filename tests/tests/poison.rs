//! Jobs that cannot be done end, say why, and take no neighbour with them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_tests::embedded;
use checkmate_tests::model::Model;
use checkmate_tests::verdict::{Rounds, Verdict, judge};
use checkmate_tests::world::{Knobs, Programs, World};

const EXPORT: &str = "poison";
const NEVER: Duration = Duration::from_secs(3_600);

fn model() -> Model {
    Model { sleep_ms: 20, ..Model::default() }
}

/// One scan of the export to its end, by a process that is started again whenever it dies.
async fn scan(model: Model, knobs: &Knobs) -> Verdict {
    let node = Path::new(env!("CARGO_BIN_EXE_node")).to_owned();
    let programs = Programs { node, chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), model)])).unwrap();
    let mut running = embedded::start(&world, &programs, knobs, None, NEVER, 1).unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    running.command.scan(EXPORT, true, until).await.unwrap();
    let left = running.command.until_over(until).await.unwrap();
    assert!(left.is_empty(), "did not end: {left:?}");
    let scans = running.command.scans(until).await.unwrap();
    let rounds: Rounds = scans.into_iter().map(|scan| (scan.id, 0)).collect();
    running.roles.stop().await;
    let store = embedded::open_store(&world).await.unwrap();
    let verdict = judge(store.as_ref(), &world.exports, &rounds, &world.key()).await.unwrap();
    assert!(verdict.passed(), "{verdict:#?}");
    verdict
}

fn one(word: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(word.to_owned(), 1)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_kills_its_process_ends_alone() {
    let verdict = scan(Model { poison: BTreeSet::from([7]), ..model() }, &Knobs::default()).await;
    assert_eq!(verdict.jobs.ended, one("crash-loop"));
    assert_eq!((verdict.jobs.done, verdict.jobs.listed), (19, 20));
    assert_eq!(verdict.scans, one("finished-incomplete"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_is_tried_again_and_then_ends() {
    let failing = BTreeMap::from([(3, 2), (4, 99)]);
    let knobs = Knobs { max_failures: 3, ..Knobs::default() };
    let verdict = scan(Model { failing, ..model() }, &knobs).await;
    assert_eq!(verdict.jobs.ended, one("failed"), "the one that fails on and on");
    assert_eq!(verdict.jobs.done, 19, "the one that gets well is done");
    assert_eq!(verdict.scans, one("finished-incomplete"));
    assert_eq!(verdict.dead.len(), 1, "{:?}", verdict.dead);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_cannot_be_done_in_time_expires() {
    let failing = BTreeMap::from([(3, 99)]);
    let knobs = Knobs { expires_after: "6s", retry_first: "10s", ..Knobs::default() };
    let verdict = scan(Model { failing, ..model() }, &knobs).await;
    assert_eq!(verdict.jobs.ended, one("expired"));
    assert_eq!(verdict.jobs.done, 19);
    assert_eq!(verdict.scans, one("finished-incomplete"));
}

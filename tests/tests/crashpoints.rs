//! Every named crash point: in the source, in the table of ARCHITECTURE.md, and survived.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use checkmate_tests::crash::{Before, Case, Place, run};
use checkmate_tests::distributed::direct;
use checkmate_tests::model::Model;
use checkmate_tests::verdict::Verdict;
use checkmate_tests::world::{Knobs, Programs};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Cases run side by side: most of their time they wait.
const AT_A_TIME: usize = 4;

/// Points that only RabbitMQ or Redis have.
const OF_SERVERS: [&str; 6] = [
    "queue.after-copy",
    "store.after-apply-chunk",
    "store.after-flip",
    "store.after-part",
    "store.after-seal-chunk",
    "store.after-stage-chunk",
];

/// Points of the shared path that are tried on RabbitMQ and Redis as well, besides [`OF_SERVERS`].
const ON_SERVERS_TOO: [&str; 14] = [
    "consumer.after-settle",
    "consumer.before-settle",
    "keeper.after-publish",
    "keeper.after-top-up",
    "notifier.after-announce",
    "notifier.after-commit",
    "notifier.after-load",
    "queue.before-confirm",
    "scheduler.after-fire",
    "scheduler.after-record",
    "worker.after-begin",
    "worker.after-publish",
    "worker.after-seal",
    "worker.after-store",
];

/// What it takes to get to a point. Those passed by every job are tried on the way, not at the first.
fn case(point: &str) -> Case {
    let plain = Case::plain(point, 0);
    let broken = Model { broken: BTreeSet::from([5]), ..plain.model.clone() };
    let failing = |times| Model { failing: BTreeMap::from([(5, times)]), ..plain.model.clone() };
    let soon_failed = Knobs { max_failures: 2, ..Knobs::default() };
    // More findings than one chunk holds, and more than one part of a result.
    let large = Model { targets: 1, things: 4_000, ..plain.model.clone() };
    match point {
        "worker.after-begin"
        | "worker.after-scan"
        | "worker.after-store"
        | "worker.after-publish"
        | "consumer.before-settle"
        | "consumer.after-settle"
        | "notifier.after-load"
        | "notifier.after-commit"
        | "queue.before-commit"
        | "queue.before-confirm" => Case::plain(point, 5),
        "scheduler.after-fire" => {
            let every_second = Knobs { schedule: Some("* * * * * *"), ..Knobs::default() };
            Case { knobs: every_second, ..plain }
        }
        // A scan in hand when the keeper makes its round.
        "keeper.after-top-up" => Case { model: Model { sleep_ms: 200, ..plain.model.clone() }, ..plain },
        "worker.after-give-back" => Case { model: broken, ..plain },
        "worker.after-failure" | "queue.after-copy" => Case { model: failing(1), ..plain },
        "worker.after-end" | "keeper.after-dead-record" => {
            Case { model: failing(99), knobs: soon_failed, ..plain }
        }
        "keeper.after-publish" => Case { before: &[Before::Died("scheduler.after-record", 0)], ..plain },
        "keeper.after-resend" => {
            Case { before: &[Before::Died("worker.after-store", 3), Before::QueueLost], ..plain }
        }
        "keeper.after-announce" => {
            Case { before: &[Before::Died("notifier.after-commit", 19), Before::QueueLost], ..plain }
        }
        "keeper.after-dead-end" => {
            Case { before: &[Before::Died("worker.after-store", 3), Before::BuriedByBroker], ..plain }
        }
        "keeper.after-expire" => {
            let short = Knobs { expires_after: "4s", retry_first: "10s", ..Knobs::default() };
            Case { model: failing(99), knobs: short, ..plain }
        }
        // Read once by a notifier that died, a result is parked when it is read again.
        "notifier.after-park" => {
            let knobs = Knobs { max_loads: 1, ..Knobs::default() };
            Case { knobs, before: &[Before::Died("notifier.after-load", 0)], ..plain }
        }
        "store.after-seal-chunk" => {
            let many = Model { targets: 1_001, things: 1, sleep_ms: 0, ..plain.model.clone() };
            Case { model: many, rounds: 1, ..plain }
        }
        "store.after-stage-chunk" | "store.after-apply-chunk" | "store.after-flip" | "store.after-part" => {
            Case { model: large, ..plain }
        }
        _ => plain,
    }
}

#[test]
fn the_table_lists_exactly_the_points_of_the_source() {
    let (source, table) = (in_source(), in_table());
    let missing: Vec<_> = source.difference(&table).collect();
    let stale: Vec<_> = table.difference(&source).collect();
    assert!(missing.is_empty(), "add to the table of crash points in ARCHITECTURE.md: {missing:?}");
    assert!(stale.is_empty(), "the table of crash points in ARCHITECTURE.md has these in vain: {stale:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_is_survived_on_one_machine() {
    let points = in_source().into_iter().filter(|point| !OF_SERVERS.contains(&point.as_str()));
    all(points.map(|point| (case(&point), Place::Embedded)).collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_are_survived_on_rabbitmq_and_redis() {
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let points = in_source();
    let mut cases = Vec::new();
    for point in OF_SERVERS.iter().chain(&ON_SERVERS_TOO).filter(|point| points.contains(**point)) {
        let name = point.replace('.', "-");
        rabbit.make_vhost(&name).await;
        let servers = direct(&rabbit, &redis, &name, &format!("{name}:"));
        cases.push((case(point), Place::Servers(servers)));
    }
    all(cases).await;
}

/// Runs every case and tells all that failed at once.
async fn all(cases: Vec<(Case, Place)>) {
    let programs = Programs {
        node: PathBuf::from(env!("CARGO_BIN_EXE_node")),
        chaos: PathBuf::from(env!("CARGO_BIN_EXE_chaos")),
    };
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let mut running = JoinSet::new();
    for (case, place) in cases {
        let (programs, turns) = (programs.clone(), turns.clone());
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            let began = std::time::Instant::now();
            let verdict = run(&case, &place, &programs).await;
            eprintln!("{:28} {:5.1} s", case.point, began.elapsed().as_secs_f64());
            verdict.map_err(|error| format!("{error:#}")).and_then(|verdict| held(&case, &verdict))
        });
    }
    let broken: Vec<String> = running.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n\n"));
}

/// Scans are over, transitions are the model's, and every healthy job is done unless the case is about losing some.
fn held(case: &Case, verdict: &Verdict) -> Result<(), String> {
    let may_end = ["keeper.after-expire", "keeper.after-dead-end"].contains(&case.point.as_str());
    let all_done = verdict.healthy_done == verdict.healthy;
    let nothing =
        [&verdict.unended, &verdict.jobs.lost, &verdict.missing, &verdict.repeated, &verdict.unexpected];
    if nothing.iter().all(|list| list.is_empty()) && verdict.misplaced.is_empty() && (all_done || may_end) {
        Ok(())
    } else {
        Err(format!("{}: {verdict:#?}", case.point))
    }
}

/// The names in `crashpoint("…")` and, for the store on Redis, which only has a hook, in literals that begin with `store.`.
fn in_source() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files(&root().join("crates")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for literal in line.split('"').skip(1).step_by(2) {
                let hook =
                    literal.starts_with("store.") && file.components().any(|c| c.as_os_str() == "redis");
                if hook || line.contains(&format!("crashpoint(\"{literal}\")")) {
                    found.insert(literal.to_owned());
                }
            }
        }
    }
    assert!(found.len() > 20, "only {found:?} found: the walk looks in the wrong place");
    found
}

/// The first column of the table under the heading "Crash points".
fn in_table() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section =
        text.lines().skip_while(|line| !(line.starts_with('#') && line.ends_with("Crash points"))).skip(1);
    let rows = section.take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(point, _)| point.to_owned()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files under every `src` of the crates.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "tests" && entry.file_name() != "target" {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

//! The short form of `make chaos`: the same faults at the same beat, for about a minute in each setting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::time::Duration;

use checkmate_tests::chaos::{Plan, Setting, run};
use checkmate_tests::distributed::Rhythm;
use checkmate_tests::table;
use checkmate_tests::world::Programs;
use tokio::sync::Mutex;

/// One at a time: each needs the machine.
static TURN: Mutex<()> = Mutex::const_new(());

async fn survives(setting: Setting, jobs: u32, faults: u64) {
    let _turn = TURN.lock().await;
    let programs =
        Programs { node: env!("CARGO_BIN_EXE_node").into(), chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let plan = Plan {
        setting,
        jobs,
        rounds: 5,
        sleep_ms: 5,
        seed: rand::random(),
        faults: Duration::from_secs(faults),
        settle: Duration::from_secs(240),
        rhythm: Rhythm::of(setting),
    };
    let outcome = run(plan, &programs).await.unwrap();
    let shown = table::render(&outcome);
    println!("{shown}");
    assert!(outcome.passed(), "\n{shown}\nlogs are kept in {:?}", outcome.kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_machine_survives() {
    survives(Setting::Embedded, 2_000, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_machines_survive() {
    survives(Setting::Distributed, 1_000, 40).await;
}

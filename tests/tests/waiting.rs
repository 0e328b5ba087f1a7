//! Roles that start before their servers wait for them, and what needs no broker works without one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_testkit::process::Process;
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use checkmate_tests::distributed::{direct, set_up};
use checkmate_tests::model::Model;
use checkmate_tests::roles::spec;
use checkmate_tests::world::{Knobs, Programs, World};

const EXPORT: &str = "waiting";
const PATIENCE: Duration = Duration::from_secs(60);

async fn until(what: &str, mut done: impl FnMut() -> bool, log: impl Fn() -> String) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}\n{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn says(role: &Process, what: &str) {
    until(what, || role.log_tail().contains(what), || role.log_tail()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_waits_for_its_servers_and_reading_needs_no_broker() {
    let node = Path::new(env!("CARGO_BIN_EXE_node")).to_owned();
    let programs = Programs { node: node.clone(), chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let model = Model { targets: 3, ..Model::default() };
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), model)])).unwrap();
    let mut redis = tokio::task::block_in_place(Redis::start);
    let mut rabbit = Rabbit::start().await;
    let at = direct(&rabbit, &redis, "%2F", "checkmate:");
    let knobs = Knobs::default();
    let command = set_up(&world, &programs, &knobs, "setup", &at).await.unwrap();
    tokio::task::block_in_place(|| redis.stop());
    rabbit.kill9();

    let role = |name: &str| {
        let config = world.distributed_config(name, &knobs, &at).unwrap();
        Process::start(spec(name, &node, &config, name, None))
    };
    let (mut worker, mut scheduler, mut notifier) = (role("worker"), role("scheduler"), role("notifier"));
    says(&worker, "not started yet").await;
    says(&worker, "Redis at").await;
    says(&notifier, "not started yet").await;
    notifier.terminate();
    assert!(notifier.wait(PATIENCE).await.unwrap().success(), "waiting, it hears signals");

    tokio::task::block_in_place(|| redis.launch());
    says(&worker, "broker unavailable").await;
    assert!(worker.exited().is_none() && scheduler.exited().is_none());

    // With the store alone, people can look, and ask for a scan that waits for the broker.
    let listed = command.give(&["scans", "list"]).await.unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let asked = command.give(&["scan", &format!("export:{EXPORT}"), "--no-wait"]).await.unwrap();
    let said = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(
        !asked.status.success() && said.contains("is recorded") && said.contains("the keeper sends it"),
        "{said}"
    );

    rabbit.restart().await;
    notifier.restart();
    for role in [&worker, &scheduler, &notifier] {
        says(role, "ready").await;
    }
    let left = command.until_over(Instant::now() + PATIENCE).await.unwrap();
    assert!(left.is_empty(), "{left:?}\n{}", scheduler.log_tail());
    for role in [&mut worker, &mut scheduler, &mut notifier] {
        role.terminate();
        assert!(role.wait(PATIENCE).await.unwrap().success(), "{}", role.log_tail());
    }
}

//! Store and broker away: the roles stay up and say so, and go on by themselves when both are back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_testkit::process::{Process, free_port};
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use checkmate_tests::distributed::{direct, set_up};
use checkmate_tests::model::Model;
use checkmate_tests::roles::spec;
use checkmate_tests::world::{Knobs, Programs, World};

const EXPORT: &str = "outage";
const PATIENCE: Duration = Duration::from_secs(60);
/// How long both are away: longer than everything that waits for one of them once.
const AWAY: Duration = Duration::from_secs(12);

/// The status and the body of a page.
fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

async fn until(what: &str, mut so: impl FnMut() -> bool, role: &Process) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}\n{}", role.log_tail());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn is_ready(port: u16, role: &Process) {
    until("ready", || get(port, "/readyz").is_some_and(|(status, _)| status == 200), role).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_said_survived_and_over_by_itself() {
    let node = Path::new(env!("CARGO_BIN_EXE_node")).to_owned();
    let programs = Programs { node: node.clone(), chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let model = Model { targets: 3, ..Model::default() };
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), model)])).unwrap();
    let mut redis = tokio::task::block_in_place(Redis::start);
    let mut rabbit = Rabbit::start().await;
    let at = direct(&rabbit, &redis, "%2F", "checkmate:");
    let knobs = Knobs::default();
    let command = set_up(&world, &programs, &knobs, "setup", &at).await.unwrap();

    let port = free_port();
    let config = world.distributed_config("up", &knobs, &at).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[admin]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let mut up = Process::start(spec("up", &node, &config, "up", None));
    is_ready(port, &up).await;

    tokio::task::block_in_place(|| redis.stop());
    rabbit.kill9();
    let both = || {
        get(port, "/readyz")
            .is_some_and(|(status, why)| status == 503 && why.contains("store: ") && why.contains("broker: "))
    };
    until("both are missed", both, &up).await;
    let began = Instant::now();
    while began.elapsed() < AWAY {
        assert_eq!(get(port, "/livez"), Some((200, "alive\n".to_owned())), "{}", up.log_tail());
        assert_eq!(get(port, "/readyz").map(|(status, _)| status), Some(503));
        assert!(up.exited().is_none(), "{}", up.log_tail());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let counted = get(port, "/metrics").unwrap().1;
    for which in ["store", "broker"] {
        let once = format!("checkmate_outages_total{{dependency=\"{which}\"}} 1\n");
        assert!(counted.contains(&once), "an outage counts once: {counted}");
    }

    tokio::task::block_in_place(|| redis.launch());
    rabbit.restart().await;
    is_ready(port, &up).await;
    command.scan(EXPORT, false, Instant::now() + PATIENCE).await.unwrap();
    let left = command.until_over(Instant::now() + PATIENCE).await.unwrap();
    assert!(left.is_empty(), "{left:?}\n{}", up.log_tail());
    up.terminate();
    until(
        "not ready while it stops, or gone",
        || get(port, "/readyz").is_none_or(|(status, _)| status == 503),
        &up,
    )
    .await;
    assert!(up.wait(PATIENCE).await.unwrap().success(), "{}", up.log_tail());
}

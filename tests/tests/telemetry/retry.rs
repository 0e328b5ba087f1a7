//! A job that fails once: its second attempt is in the same trace and points to the first.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_testkit::process::Process;
use checkmate_tests::command::CommandLine;
use checkmate_tests::model::Model;
use checkmate_tests::roles::spec;
use checkmate_tests::world::{Knobs, World};
use serde_json::Value;

use crate::collector::Collector;

const EXPORT: &str = "retried";
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_links_to_the_first_attempt() {
    let collector = Collector::start();
    let node = Path::new(env!("CARGO_BIN_EXE_node")).to_owned();
    let model = Model { targets: 1, failing: BTreeMap::from([(0, 1)]), ..Model::default() };
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), model)])).unwrap();
    let config = world.embedded_config("up", &Knobs::default()).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[telemetry]\notlp_endpoint = \"{}\"\n", collector.address)).unwrap();
    let mut up = Process::start(spec("up", &node, &config, "up", None));
    let until = Instant::now() + PATIENCE;
    while !up.log_tail().contains("ready") {
        assert!(Instant::now() < until, "{}", up.log_tail());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let command = CommandLine { node, config, env: Vec::new() };
    command.scan(EXPORT, true, until).await.unwrap();
    let left = command.until_over(until).await.unwrap();
    assert!(left.is_empty(), "{left:?}\n{}", up.log_tail());
    // The end of the process sends what still waits.
    up.terminate();
    assert!(up.wait(PATIENCE).await.unwrap().success(), "{}", up.log_tail());

    let spans = collector.spans();
    assert!(spans.iter().all(|span| span["traceId"] == spans[0]["traceId"]), "{spans:#?}");
    let attempts: Vec<&Value> =
        spans.iter().filter(|span| span["name"] == "process checkmate.scan.bulk").collect();
    let failed: Vec<&&Value> = attempts.iter().filter(|span| span["status"]["code"] == 2).collect();
    let linked: Vec<&&Value> =
        attempts.iter().filter(|span| span["links"] != Value::Array(Vec::new())).collect();
    let ([failed], [linked]) = (&failed[..], &linked[..]) else { panic!("{spans:#?}") };
    assert_eq!(attempts.len(), 3, "discover, and two at the target: {spans:#?}");
    assert_eq!(linked["links"][0]["spanId"], failed["spanId"]);
    assert_eq!(linked["links"][0]["traceId"], failed["traceId"]);
    assert_eq!(linked["status"], Value::Object(serde_json::Map::new()), "the second time it works");
}

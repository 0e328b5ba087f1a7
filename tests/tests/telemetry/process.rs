//! A real process and a real scan: the pages answer, every metric is there, and the scan is one trace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use checkmate_service::metrics::Metric;
use serde_json::Value;

use crate::collector::Collector;
use crate::home::{Home, example, until};

/// What must have been counted after a scan on one machine.
const COUNTED: &[&str] = &[
    "messaging_client_sent_messages_total",
    "messaging_client_operation_duration_seconds",
    "messaging_client_consumed_messages_total",
    "messaging_process_duration_seconds",
    "checkmate_messages_settled_total",
    "checkmate_queue_wait_seconds",
    "checkmate_messages_in_hand",
    "checkmate_slots",
    "checkmate_consumer_up",
    "checkmate_job_duration_seconds",
    "checkmate_keeper_rounds_total",
    "checkmate_leader",
    "checkmate_end_to_end_seconds",
    "checkmate_queue_messages_ready",
    "checkmate_queue_messages_unacked",
    "checkmate_oldest_message_age_seconds",
    "checkmate_reconcile_duration_seconds",
    "checkmate_transitions_total",
    "checkmate_dependency_up",
];

fn home(more: &str) -> Home {
    let home = Home::new();
    let file = home.path("checkmate.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[admin]\nlisten = \"127.0.0.1:0\"\n{more}")).unwrap();
    home
}

/// Where the admin pages are, as the log says it.
fn address(home: &Home) -> String {
    let find = || {
        let log = fs::read_to_string(home.path("up.log")).unwrap_or_default();
        let (_, rest) = log.split_once("admin.address")?;
        let from = rest.find("127.0.0.1:")?;
        let address = rest[from..].split(|c: char| !c.is_ascii_digit() && !".:".contains(c)).next()?;
        Some(address.to_owned())
    };
    until("the log names the admin pages", || find().is_some());
    find().unwrap()
}

/// The status and the body.
fn ask(address: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn get(address: &str, path: &str) -> (u16, String) {
    ask(address, "GET", path, "")
}

/// The name of a line without the ending of a histogram's.
fn base(line: &str) -> &str {
    let name = line.split(['{', ' ']).next().unwrap();
    let ending = ["_bucket", "_sum", "_count"].into_iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name)
}

#[test]
fn ticks_of_schedules_are_counted() {
    let scheduled =
        "[exports]\nprod = \"export\"\n[schedules.often]\ncron = \"* * * * * *\"\nscope = \"export:prod\"\n";
    let home = home(scheduled);
    let up = home.up();
    let address = address(&home);
    let fired = || {
        let text = get(&address, "/metrics").1;
        let value = text.lines().find_map(|line| line.strip_prefix("checkmate_cron_fired_total "));
        value.is_some_and(|value| value.parse::<u64>().unwrap() >= 2)
    };
    until("two ticks have fired", fired);
    up.stop().fine();
}

#[test]
fn a_scan_is_counted_and_the_pages_answer() {
    let home = home("");
    let up = home.up();
    let address = address(&home);
    until("it is ready", || get(&address, "/readyz").0 == 200);
    assert_eq!(get(&address, "/livez"), (200, "alive\n".to_owned()));
    assert_eq!(home.scan(&example())["scan"]["state"], "finished");
    let counted = || {
        let text = get(&address, "/metrics").1;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| base(line).to_owned()).collect::<BTreeSet<_>>()
    };
    until("everything is counted", || COUNTED.iter().all(|name| counted().contains(*name)));

    let text = get(&address, "/metrics").1;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown: BTreeSet<(String, String)> = types
        .map(|line| line.split_once(' ').map(|(name, kind)| (name.to_owned(), kind.to_owned())).unwrap())
        .collect();
    let kind = |metric: &Metric| (metric.name().to_owned(), metric.kind().as_str().to_owned());
    assert_eq!(shown, Metric::ALL.iter().map(kind).collect::<BTreeSet<_>>());
    let named: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    let unnamed: Vec<_> = counted().into_iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    assert!(text.contains("checkmate_dependency_up{dependency=\"store\"} 1\n"), "{text}");

    let before = get(&address, "/log").1;
    assert!(before.contains("info"), "{before}");
    assert_eq!(ask(&address, "PUT", "/log", "debug,lapin=off").0, 200);
    assert!(get(&address, "/log").1.contains("debug"));
    assert_eq!(ask(&address, "PUT", "/log", "checkmate=loud").0, 400);
    up.stop().fine();
}

#[test]
fn log_lines_for_machines_when_the_configuration_says_so() {
    let home = home("[telemetry]\nlog = \"json\"\n");
    let up = home.up();
    let log = || fs::read_to_string(home.path("up.log")).unwrap();
    until("the roles run", || log().contains("\"ready\""));
    up.stop().fine();
    let log = log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let message = |line: &Value| line["fields"]["message"].as_str().map(str::to_owned);
    assert!(lines.iter().filter_map(message).any(|text| text == "ready"), "{log}");
}

#[test]
fn a_scan_is_one_trace_from_its_request_to_the_lifecycle() {
    let collector = Collector::start();
    let home = home(&format!("[telemetry]\notlp_endpoint = \"{}\"\n", collector.address));
    let up = home.up();
    assert_eq!(home.scan(&example())["scan"]["state"], "finished");
    // The end of the process sends what still waits.
    up.stop().fine();

    let spans = collector.spans();
    let text = |span: &Value, key: &str| span[key].as_str().unwrap().to_owned();
    let traces: BTreeSet<String> = spans.iter().map(|span| text(span, "traceId")).collect();
    assert_eq!(traces.len(), 1, "{spans:#?}");
    let by_id: BTreeMap<String, &Value> = spans.iter().map(|span| (text(span, "spanId"), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "a span id stands once");
    let named = |name: &str| spans.iter().filter(|span| span["name"] == name).collect::<Vec<_>>();
    let [request] = named("create checkmate.scan.interactive")[..] else { panic!("{spans:#?}") };
    assert_eq!(request["parentSpanId"], "");
    // Discover and scan of the one target.
    let attempts = named("process checkmate.scan.interactive");
    assert_eq!(attempts.len(), 2, "{spans:#?}");
    for attempt in &attempts {
        assert_eq!(attempt["parentSpanId"], request["spanId"]);
        assert_eq!(attempt["links"], Value::Array(Vec::new()), "nothing was tried again");
    }
    let [reconciled] = named("process checkmate.results")[..] else { panic!("{spans:#?}") };
    let parent = by_id[&text(reconciled, "parentSpanId")];
    assert!(attempts.contains(&parent), "a result comes from an attempt");
}

//! The short form of `make bench`: it runs, and prints every line.

#![allow(clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::process::Command;

const LINES: [&str; 31] = [
    "queue alone, prefetch 32",
    "queue alone, prefetch 128",
    "whole path, appendfsync everysec",
    "Redis round trips",
    "Redis commands in scripts",
    "publishes",
    "publish round trips",
    "deliveries and acks",
    "whole path, appendfsync always",
    "enqueue to start at 100 jobs/s, p99, RabbitMQ",
    "enqueue to start at 100 jobs/s, p99, embedded",
    "embedded whole path",
    "whole path with telemetry",
    "lease, beyond its round trip, RS256",
    "lease, beyond its round trip, unsigned",
    "tenant of 100 applications, wall",
    "tenant of 100 applications, CPU",
    "tenant of 100 applications, peak",
    "export of 100 applications, wall",
    "tenant of 10,000 applications, peak",
    "2 workers on waiting jobs",
    "8 workers on waiting jobs",
    "1,000 schedules, idle, of one core",
    "1,000 schedules, tick to scan, median",
    "1,000 schedules, tick to scan, p99",
    "worker, idle, resident",
    "worker, idle, of a bare process",
    "worker, 1,000 jobs in hand",
    "worker, start to ready",
    "config check",
    "disk, 4 KiB written and synced",
];

#[test]
fn every_figure_is_measured_and_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).arg("--short").output().expect("the program runs");
    let (table, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{table}\n{errors}");
    for line in LINES {
        assert!(table.lines().any(|text| text.trim_start().starts_with(line)), "no '{line}' in\n{table}");
    }
    assert!(!table.contains("NaN"), "{table}");
}

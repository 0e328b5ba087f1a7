//! What a process tells is what is written down: every metric, every log field, one trace for a scan, and pages that answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "telemetry/collector.rs"]
mod collector;
#[path = "telemetry/fields.rs"]
mod fields;
#[path = "cli/home.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod home;
#[path = "telemetry/process.rs"]
mod process;
#[path = "telemetry/retry.rs"]
mod retry;

//! The worker on the embedded store and broker, with scanners that do what a test says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "worker/discovering.rs"]
mod discovering;
#[path = "worker/failing.rs"]
mod failing;
#[path = "worker/fences.rs"]
mod fences;
#[path = "worker/harness.rs"]
mod harness;
#[path = "worker/limits.rs"]
mod limits;
#[path = "worker/messages.rs"]
mod messages;
#[path = "worker/parts.rs"]
mod parts;
#[path = "worker/stopping.rs"]
mod stopping;
#[path = "worker/suspects.rs"]
mod suspects;

//! Schedules, requests, the keeper, dead letters and replay, on the embedded store and broker.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "scheduler/dead.rs"]
mod dead;
#[path = "scheduler/firing.rs"]
mod firing;
#[path = "scheduler/forgetting.rs"]
mod forgetting;
#[path = "scheduler/harness.rs"]
mod harness;
#[path = "scheduler/leading.rs"]
mod leading;
#[path = "scheduler/putting_off.rs"]
mod putting_off;
#[path = "scheduler/replaying.rs"]
mod replaying;
#[path = "scheduler/requesting.rs"]
mod requesting;
#[path = "scheduler/rescuing.rs"]
mod rescuing;

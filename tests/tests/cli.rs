//! The command line through the real binary, each test in a folder of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "cli/config.rs"]
mod config;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/home.rs"]
mod home;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/interrupted.rs"]
mod interrupted;
#[path = "cli/lifecycle.rs"]
mod lifecycle;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "cli/pressure.rs"]
mod pressure;
#[path = "cli/scanning.rs"]
mod scanning;
#[path = "cli/schedules.rs"]
mod schedules;
#[path = "cli/sharing.rs"]
mod sharing;

//! The worker: runs `discover` and `scan` jobs.
//!
//! What wraps around an attempt (fence, heartbeat, counters, time limit) is in [`attempt`](self); the attempt itself is in
//! `scan.rs` and `discover.rs`, a screen each.

mod attempt;
mod config;
mod discover;
mod history;
mod leases;
mod marker;
mod scan;
mod traced;
mod waits;
mod worker;

pub use config::WorkerConfig;
pub use leases::{JobLeases, Lessor};
pub use marker::{Marker, run_marker};
pub use worker::Worker;

//! The scheduler: what is asked for becomes scans, and the keeper looks after what is stuck.

pub mod auditor;
pub mod cron;
pub mod keeper;
mod plan;
pub mod replay;
pub mod requests;
pub mod retention;
pub mod schedules;

pub use plan::{PlanError, Planned, request_scan, request_shared};

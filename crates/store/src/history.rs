//! Retention: what is old enough to go. Findings, what is known of targets, whatever is not over and the newest final scan of
//! each scope never go.

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use serde::Serialize;

use crate::error::StoreError;
use crate::requests::LockGuard;

type Result<T> = std::result::Result<T, StoreError>;

/// What ended or happened before these times is old enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cutoffs {
    /// Final scans whose end was announced, with their jobs and reports.
    pub results: Timestamp,
    /// Entries of the log of transitions.
    pub events: Timestamp,
    /// Dead letters, by their last death.
    pub dead_letters: Timestamp,
}

/// What went, or would go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Scans.
    pub scans: u64,
    /// Their jobs, each with its report.
    pub jobs: u64,
    /// Entries of the log.
    pub transitions: u64,
    /// Dead letters that were replayed or discarded.
    pub dead_handled: u64,
    /// Dead letters about which nobody has decided.
    pub dead_waiting: u64,
    /// Whether the step was full: there may be more.
    pub more: bool,
}

impl Purged {
    /// How many records that are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.scans + self.jobs + self.transitions + self.dead_handled + self.dead_waiting
    }

    /// Adds a further step; `more` is that of the step.
    pub fn add(&mut self, step: &Self) {
        self.scans += step.scans;
        self.jobs += step.jobs;
        self.transitions += step.transitions;
        self.dead_handled += step.dead_handled;
        self.dead_waiting += step.dead_waiting;
        self.more = step.more;
    }
}

/// The part of the store that forgets. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// What is old enough to go, all of it.
    async fn outdated(&self, before: &Cutoffs) -> Result<Purged>;
    /// Removes at most about `limit` records of what is old enough, the oldest first; a large scan goes in several steps,
    /// jobs first. With a guard, only while that lock is held. Positions in the log stay good.
    async fn purge(&self, before: &Cutoffs, limit: u64, guard: Option<&LockGuard>) -> Result<Purged>;
}

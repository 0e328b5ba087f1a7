//! The store: everything that must outlive a process. [`Store`] is the contract; each method is one transaction.
//!
//! Two implementations stand behind it and pass one conformance suite: Redis for many machines, SQLite for one.

mod about;
mod approvals;
mod audit;
mod budget;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod contract;
mod decisions;
pub mod embedded;
mod error;
mod history;
mod ledger;
mod pressure;
mod records;
pub mod redis;
mod requests;
pub mod schedules;
mod versioned;

pub use about::{AboutStore, LockHolder};
pub use approvals::{ApprovalStore, waiting};
pub use audit::{Appended, AuditStore};
pub use budget::BudgetStore;
pub use contract::Store;
pub use decisions::{DecisionStore, decided};
pub use error::StoreError;
pub use history::{Cutoffs, HistoryStore, Purged};
pub use ledger::{LedgerStore, Unplanned};
pub use pressure::{LanePause, Limits, Presence, PressureStore, Wishes, organisation};
pub use records::{
    DeadRecord, DeadStatus, Durability, FenceInfo, JobRecord, JobState, LogEntry, ScanRecord, ScanState,
    ScopeHistory, TargetState,
};
pub use requests::{
    Assignment, Attempt, AttemptEnd, Begin, BeginRequest, Cancelled, Committed, Created, EndedAttempt, Fence,
    JobEnded, KeyCheck, LockAttempt, LockGuard, MoreFindings, NewScan, Parked, Progress, ReconcileCommit,
    ReconcileInput, ReconcileLoad, Renewed, SealList, Sealed, Stored, StoredJob,
};
pub use schedules::ScheduleStore;

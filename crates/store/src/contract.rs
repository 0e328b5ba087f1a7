//! The contract both stores keep. Every method is one transaction: it happens whole or not at all, and may be repeated.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    EndReason, FindingRecord, JobId, JobMessage, KeyId, ScanId, ScanReport, Scope, TargetId, Timestamp,
};

use crate::about::AboutStore;
use crate::approvals::ApprovalStore;
use crate::audit::AuditStore;
use crate::budget::BudgetStore;
use crate::decisions::DecisionStore;
use crate::error::StoreError;
use crate::history::HistoryStore;
use crate::ledger::LedgerStore;
use crate::pressure::PressureStore;
use crate::records::{
    DeadRecord, DeadStatus, Durability, JobRecord, LogEntry, ScanRecord, ScopeHistory, TargetState,
};
use crate::requests::{
    AttemptEnd, Begin, BeginRequest, Cancelled, Committed, Created, EndedAttempt, Fence, JobEnded, KeyCheck,
    LockAttempt, LockGuard, MoreFindings, NewScan, Parked, ReconcileCommit, ReconcileLoad, Renewed, SealList,
    Sealed, Stored,
};
use crate::schedules::ScheduleStore;

type Result<T> = std::result::Result<T, StoreError>;

/// Everything that must outlive a process. Production implementations: `redis::RedisStore`, `embedded::EmbeddedStore`.
///
/// Leases, fences and locks are timed by the store's own clock. Any call may fail with [`StoreError`].
///
/// What the suite in `conformance/` holds every implementation to, where the methods do not say it:
/// - The id of a scan job is [`JobId::derived`] from (scan, `scan`, target, part); (target, part) stands once on a list, the
///   first wins.
/// - A waiting job is known to [`Store::scan_jobs`] only; everywhere else it is as unknown as any other id.
/// - The discover job is on no list: it counts in none of the scan's counters and takes no window slot.
/// - A fence that ran out still writes as long as no other attempt began and the job is not over.
/// - What is already stored or sealed is told to any fence of that job, an older one too, and before anything else.
/// - After each transaction on a scan that is not final its window is full, or everything on its list is released.
/// - "Their confirm was not noted" means: in state `recorded`, of the same scan.
#[async_trait]
pub trait Store:
    AboutStore
    + ApprovalStore
    + AuditStore
    + BudgetStore
    + DecisionStore
    + HistoryStore
    + LedgerStore
    + PressureStore
    + ScheduleStore
    + Send
    + Sync
    + 'static
{
    // ---- scans ----

    /// Records a scan (`planned`) and its discover job (`recorded`), unless the scan is there.
    async fn create_scan(&self, scan: &NewScan) -> Result<Created>;
    /// One scan.
    async fn scan(&self, id: &ScanId) -> Result<Option<ScanRecord>>;
    /// Scans, newest first.
    async fn scans(&self, skip: u64, limit: u64) -> Result<Vec<ScanRecord>>;
    /// Scans that are not final, and final ones whose end was not announced: what the keeper looks after. Oldest first.
    async fn unsettled_scans(&self) -> Result<Vec<ScanRecord>>;
    /// Stops a scan: nothing more of it is released, begun or sealed. Results already stored are still reconciled, and an
    /// attempt that is running may still store its own. The jobs stay as they are; all of it is counted, none of it makes
    /// the scan anything but `cancelled`.
    async fn cancel_scan(&self, id: &ScanId) -> Result<Cancelled>;
    /// Notes that the event about the scan's end was confirmed.
    async fn mark_announced(&self, id: &ScanId) -> Result<()>;

    // ---- jobs ----

    /// One released job.
    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>>;
    /// All jobs of a scan in list order: the discover job first, `waiting` ones included.
    async fn scan_jobs(&self, scan: &ScanId, skip: u64, limit: u64) -> Result<Vec<JobRecord>>;
    /// Released jobs of a scan that are neither reconciled, parked nor ended, in id order after `after`.
    async fn open_jobs(&self, scan: &ScanId, after: Option<&JobId>, limit: u64) -> Result<Vec<JobRecord>>;
    /// Notes confirmed publishes: `recorded` becomes `published`; `published` gets a new time; others stay.
    async fn mark_published(&self, jobs: &[JobId]) -> Result<()>;
    /// Asks to run a job: issues fence and sequence, raises the counters. See [`Begin`] for everything else it may say.
    /// The first attempt of a discover job moves its scan to `discovering`.
    ///
    /// Looked at in this order: unknown, stored, sealed or otherwise over, busy, expired, failures, crashes alone, full, suspect.
    /// A stored result is told even when its scan was cancelled. `not_before` is for whoever sends messages and not looked at.
    async fn begin_attempt(&self, request: &BeginRequest) -> Result<Begin>;
    /// Keeps the fence for another `ttl`.
    async fn renew_fence(&self, fence: &Fence, ttl: Duration) -> Result<Renewed>;
    /// Ends an attempt without a result: back to `published`, fence free, its crash mark taken back (marks of attempts
    /// that died before stay).
    async fn end_attempt(&self, fence: &Fence, end: &AttemptEnd) -> Result<EndedAttempt>;
    /// Seals the list of a discover job (or the parts of a scan job), claims what the window allows, ends the own job
    /// (a split one counts its own −1 and + n). A list sealed before stands unchanged. An empty list finishes the scan.
    async fn seal(&self, fence: &Fence, list: &SealList) -> Result<Sealed>;
    /// Stores a result in parts, frees the window slot and claims the next job. The first fully written result stands.
    async fn store_result(&self, fence: &Fence, report: &ScanReport) -> Result<Stored>;
    /// Ends a job that has no result; frees its window slot and claims the next. For a discover job without a list the
    /// scan becomes `failed`, its error holding the reason. With a guard, only while that lock is held, else it is kept.
    /// The words it is counted by: [`checkmate_domain::NotAssessed::word`], or `cancelled`.
    async fn end_job(&self, job: &JobId, reason: &EndReason, guard: Option<&LockGuard>) -> Result<JobEnded>;
    /// Claims what the window allows (after a crash between freeing and claiming). Only while the lock is held; nothing
    /// otherwise, nor for a scan that is final or unknown.
    async fn top_up(&self, scan: &ScanId, guard: &LockGuard) -> Result<Vec<JobMessage>>;
    /// The stored report of a job.
    async fn report(&self, job: &JobId) -> Result<Option<ScanReport>>;

    // ---- lifecycle ----

    /// Loads a result (a parked one too) and its target for reconciling; `count` raises the number of loads.
    async fn load_reconcile(&self, job: &JobId, count: bool) -> Result<ReconcileLoad>;
    /// Findings of a target after a place, as they are in this version of it. A large target is read so, some thousand
    /// findings at a time, by whoever need not hold all.
    async fn more_findings(&self, target: &TargetId, version: u64, after: &str) -> Result<MoreFindings>;
    /// Applies what reconciling decided: findings and log in chunks of at most 1,000 behind one pointer flip, the job
    /// `reconciled`, pending −1, the scan final at zero. `opened` grows by the transitions that opened or reopened, `resolved`
    /// by those that resolved. A job reconciled before is said so even when the version moved.
    ///
    /// Parked results may be committed too; they count no second time: pending stays, `done` +1, `parked` −1, and a scan
    /// that is final keeps its state.
    async fn commit_reconcile(&self, commit: &ReconcileCommit) -> Result<Committed>;
    /// Gives up on a result's event: the result stays, its scan need not wait for it (pending −1, `parked` +1).
    async fn park_result(&self, job: &JobId) -> Result<Parked>;
    /// What is known of a target.
    async fn target(&self, target: &TargetId) -> Result<TargetState>;
    /// Targets with any finding, in order.
    async fn targets(&self) -> Result<Vec<TargetId>>;
    /// A finding by its fingerprint.
    async fn finding(&self, fingerprint: &str) -> Result<Option<FindingRecord>>;
    /// The append-only log after a position, oldest first. A position stays good over restarts.
    async fn transitions(&self, after: Option<&str>, limit: u64) -> Result<Vec<LogEntry>>;
    /// Which targets a scope held, as the newest sealed list of that scope (by `seq`) says.
    async fn scope_history(&self, scope: &Scope) -> Result<ScopeHistory>;

    // ---- dead letters ----

    /// Records a dead letter; the same id again raises `deaths` by one, moves `last_at` and makes it waiting.
    async fn record_dead(&self, dead: &DeadRecord) -> Result<()>;
    /// Dead letters, the last to die first.
    async fn dead(&self, skip: u64, limit: u64) -> Result<Vec<DeadRecord>>;
    /// One dead letter.
    async fn dead_letter(&self, id: &str) -> Result<Option<DeadRecord>>;
    /// Notes what became of a dead letter; false when there is none.
    async fn mark_dead(&self, id: &str, status: DeadStatus) -> Result<bool>;

    // ---- locks ----

    /// Takes a lock that is free, run out, or held by the same owner (who keeps the token).
    async fn lock(&self, name: &str, owner: &str, ttl: Duration) -> Result<LockAttempt>;
    /// Keeps a lock for another `ttl`; false when it was lost or has run out.
    async fn renew_lock(&self, guard: &LockGuard, ttl: Duration) -> Result<bool>;
    /// Frees a lock that is still ours.
    async fn unlock(&self, guard: &LockGuard) -> Result<()>;

    // ---- the installation ----

    /// The store's clock.
    async fn now(&self) -> Result<Timestamp>;
    /// Changes when time may have been lost: a restart without full durability, or another database.
    async fn epoch(&self) -> Result<String>;
    /// What the store can lose.
    async fn durability(&self) -> Result<Durability>;
    /// Compares the fingerprint key with the one findings were made with; the first one ever is kept.
    async fn check_key(&self, key: &KeyId) -> Result<KeyCheck>;
    /// Notes that a queue was found missing and created: what was confirmed into it before is gone.
    async fn note_queue_created(&self, queue: &str) -> Result<()>;
    /// When a queue was last found missing.
    async fn queue_created_at(&self, queue: &str) -> Result<Option<Timestamp>>;
    /// Registers the folder behind an `export:` name given on the command line.
    async fn set_export(&self, name: &str, path: &str) -> Result<()>;
    /// The registered exports.
    async fn exports(&self) -> Result<Vec<(String, String)>>;
    /// Closes connections and files.
    async fn close(&self);
}

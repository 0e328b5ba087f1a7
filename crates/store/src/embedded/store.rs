//! The contract, method by method: which closure, on which thread, and what is done around it.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    EndReason, FindingRecord, JobId, JobMessage, KeyId, ScanId, ScanReport, Scope, TargetId, Timestamp,
};
use rusqlite::Connection;

use super::open::EmbeddedStore;
use super::reconcile::{Decided, Loaded, Rows};
use super::results::{Beginning, Parts, Reported};
use super::row::{Result, json};
use super::seal::Listed;
use super::{
    attempts, dead, endings, install, jobs, lifecycle, locks, reconcile, results, scans, seal, window,
};
use crate::contract::Store;
use crate::error::StoreError;
use crate::records::{
    DeadRecord, DeadStatus, Durability, JobRecord, LogEntry, ScanRecord, ScopeHistory, TargetState,
};
use crate::requests::{
    AttemptEnd, Begin, BeginRequest, Cancelled, Committed, Created, EndedAttempt, Fence, JobEnded, KeyCheck,
    LockAttempt, LockGuard, MoreFindings, NewScan, Parked, ReconcileCommit, ReconcileInput, ReconcileLoad,
    Renewed, SealList, Sealed, Stored,
};

/// Rows beyond which JSON is read on a thread that may take its time.
const MANY: usize = 500;

/// Runs `work` here when it is small, else off the runtime.
async fn parse<T: Send + 'static>(
    rows: usize,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if rows <= MANY {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
}

impl EmbeddedStore {
    /// A report with all its parts, some of which are there as text at a time.
    async fn whole<R: Reported>(&self, job: &JobId, beginning: Beginning) -> Result<R> {
        let (parts, size) = (beginning.parts(), beginning.parts().saturating_sub(1) * MANY);
        let id = job.clone();
        let mut report = parse(size, move || beginning.report::<R>(&id)).await?;
        let mut next = 1;
        while next < parts {
            let id = job.clone();
            let bodies = self.read(move |db| results::more(db, &id, next)).await?;
            if bodies.is_empty() {
                return Err(StoreError::Unavailable(format!("the report of job {job} is being removed")));
            }
            next += bodies.len();
            let id = job.clone();
            report = parse(size, move || results::add(&mut report, &id, &bodies).map(|()| report)).await?;
        }
        Ok(report)
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn create_scan(&self, scan: &NewScan) -> Result<Created> {
        let scan = scan.clone();
        self.write(move |db| scans::create(db, &scan)).await
    }

    async fn scan(&self, id: &ScanId) -> Result<Option<ScanRecord>> {
        let id = id.clone();
        self.read(move |db| Ok(scans::find(db, &id)?.map(|scan| scan.record))).await
    }

    async fn scans(&self, skip: u64, limit: u64) -> Result<Vec<ScanRecord>> {
        self.read(move |db| scans::list(db, skip, limit)).await
    }

    async fn unsettled_scans(&self) -> Result<Vec<ScanRecord>> {
        self.read(scans::unsettled).await
    }

    async fn cancel_scan(&self, id: &ScanId) -> Result<Cancelled> {
        let id = id.clone();
        self.write(move |db| scans::cancel(db, &id)).await
    }

    async fn mark_announced(&self, id: &ScanId) -> Result<()> {
        let id = id.clone();
        self.write(move |db| scans::mark_announced(db, &id)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>> {
        let id = id.clone();
        self.read(move |db| Ok(jobs::find(db, &id)?.map(|(job, _)| job.record))).await
    }

    async fn scan_jobs(&self, scan: &ScanId, skip: u64, limit: u64) -> Result<Vec<JobRecord>> {
        let scan = scan.clone();
        self.read(move |db| jobs::of_scan(db, &scan, skip, limit)).await
    }

    async fn open_jobs(&self, scan: &ScanId, after: Option<&JobId>, limit: u64) -> Result<Vec<JobRecord>> {
        let (scan, after) = (scan.clone(), after.cloned());
        self.read(move |db| jobs::open_ones(db, &scan, after.as_ref(), limit)).await
    }

    async fn mark_published(&self, jobs: &[JobId]) -> Result<()> {
        let jobs = jobs.to_vec();
        self.write(move |db| jobs::mark_published(db, &jobs.iter().map(JobId::as_str).collect::<Vec<_>>()))
            .await
    }

    async fn begin_attempt(&self, request: &BeginRequest) -> Result<Begin> {
        let request = request.clone();
        self.write(move |db| attempts::begin(db, &request)).await
    }

    async fn renew_fence(&self, fence: &Fence, ttl: Duration) -> Result<Renewed> {
        let fence = fence.clone();
        self.write(move |db| attempts::renew(db, &fence, ttl)).await
    }

    async fn end_attempt(&self, fence: &Fence, end: &AttemptEnd) -> Result<EndedAttempt> {
        let (fence, end) = (fence.clone(), end.clone());
        self.write(move |db| attempts::end(db, &fence, &end)).await
    }

    async fn seal(&self, fence: &Fence, list: &SealList) -> Result<Sealed> {
        let job = fence.job.clone();
        let Some(scan) = self.read(move |db| seal::scan_of(db, &job)).await? else {
            return Ok(Sealed::FenceLost);
        };
        let (fence, list) = (fence.clone(), list.clone());
        let listed = parse(list.jobs.len(), move || Listed::new(&scan, &list)).await?;
        self.write(move |db| seal::seal(db, &fence, &listed)).await
    }

    async fn store_result(&self, fence: &Fence, report: &ScanReport) -> Result<Stored> {
        let (fence, parts) = (fence.clone(), Parts::new(report)?);
        self.write(move |db| results::store(db, &fence, &parts)).await
    }

    async fn end_job(&self, job: &JobId, reason: &EndReason, guard: Option<&LockGuard>) -> Result<JobEnded> {
        let (job, reason, guard) = (job.clone(), reason.clone(), guard.cloned());
        self.write(move |db| endings::end_job(db, &job, &reason, guard.as_ref())).await
    }

    async fn top_up(&self, scan: &ScanId, guard: &LockGuard) -> Result<Vec<JobMessage>> {
        let (scan, guard) = (scan.clone(), guard.clone());
        self.write(move |db| window::top_up(db, &scan, &guard)).await
    }

    async fn report(&self, job: &JobId) -> Result<Option<ScanReport>> {
        let id = job.clone();
        let Some(beginning) = self.read(move |db| results::begin(db, &id)).await? else { return Ok(None) };
        self.whole(job, beginning).await.map(Some)
    }

    /// Counting and reading are apart: the count is synced before a result that may be poison is handed out, and reading a
    /// large target holds up no writer.
    async fn load_reconcile(&self, job: &JobId, count: bool) -> Result<ReconcileLoad> {
        let id = job.clone();
        let counted = if count { self.write(move |db| reconcile::count_load(db, &id)).await? } else { None };
        let id = job.clone();
        let rows = match self.read(move |db| reconcile::load(db, &id, counted)).await? {
            Loaded::Ready(rows) => rows,
            Loaded::AlreadyReconciled(progress) => return Ok(ReconcileLoad::AlreadyReconciled(progress)),
            Loaded::NoResult => return Ok(ReconcileLoad::NoResult),
            Loaded::Unknown => return Ok(ReconcileLoad::Unknown),
        };
        let Rows { job, report, target, more, loads } = *rows;
        let report = self.whole(&job.id, report).await?;
        let target = parse(target.count(), move || target.state()).await?;
        Ok(ReconcileLoad::Ready(Box::new(ReconcileInput { job, report, target, more, loads })))
    }

    async fn more_findings(&self, target: &TargetId, version: u64, after: &str) -> Result<MoreFindings> {
        let (target, after) = (target.clone(), after.to_owned());
        let read = move |db: &Connection| lifecycle::rows_after(db, target.as_str(), &after, reconcile::PAGE);
        let (rows, more) = self.read(read).await?;
        if rows.version() != version {
            return Ok(MoreFindings::Moved);
        }
        parse(rows.count(), move || Ok(MoreFindings::Some(rows.state()?.findings, more))).await
    }

    async fn commit_reconcile(&self, commit: &ReconcileCommit) -> Result<Committed> {
        let decided = Decided::new(commit)?;
        self.write(move |db| reconcile::commit(db, &decided)).await
    }

    async fn park_result(&self, job: &JobId) -> Result<Parked> {
        let job = job.clone();
        self.write(move |db| endings::park(db, &job)).await
    }

    async fn target(&self, target: &TargetId) -> Result<TargetState> {
        let target = target.clone();
        let rows = self.read(move |db| lifecycle::rows(db, target.as_str())).await?;
        parse(rows.count(), move || rows.state()).await
    }

    async fn targets(&self) -> Result<Vec<TargetId>> {
        self.read(lifecycle::targets).await
    }

    async fn finding(&self, fingerprint: &str) -> Result<Option<FindingRecord>> {
        let fingerprint = fingerprint.to_owned();
        self.read(move |db| lifecycle::finding(db, &fingerprint)).await
    }

    async fn transitions(&self, after: Option<&str>, limit: u64) -> Result<Vec<LogEntry>> {
        let after = after.map(str::to_owned);
        self.read(move |db| lifecycle::log(db, after.as_deref(), limit)).await
    }

    async fn scope_history(&self, scope: &Scope) -> Result<ScopeHistory> {
        let scope = scope.to_string();
        let key = scope.clone();
        let record = self.read(move |db| seal::history(db, &key)).await?;
        record.map_or_else(|| Ok(ScopeHistory::default()), |record| json("scope_histories", &scope, &record))
    }

    async fn record_dead(&self, dead: &DeadRecord) -> Result<()> {
        let dead = dead.clone();
        self.write(move |db| dead::record(db, &dead)).await
    }

    async fn dead(&self, skip: u64, limit: u64) -> Result<Vec<DeadRecord>> {
        self.read(move |db| dead::list(db, skip, limit)).await
    }

    async fn dead_letter(&self, id: &str) -> Result<Option<DeadRecord>> {
        let id = id.to_owned();
        self.read(move |db| dead::find(db, &id)).await
    }

    async fn mark_dead(&self, id: &str, status: DeadStatus) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |db| dead::mark(db, &id, status)).await
    }

    async fn lock(&self, name: &str, owner: &str, ttl: Duration) -> Result<LockAttempt> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |db| locks::lock(db, &name, &owner, ttl)).await
    }

    async fn renew_lock(&self, guard: &LockGuard, ttl: Duration) -> Result<bool> {
        let guard = guard.clone();
        self.write(move |db| locks::renew(db, &guard, ttl)).await
    }

    async fn unlock(&self, guard: &LockGuard) -> Result<()> {
        let guard = guard.clone();
        self.write(move |db| locks::unlock(db, &guard)).await
    }

    /// One process on one machine: the host's clock is the store's.
    async fn now(&self) -> Result<Timestamp> {
        Ok(Timestamp::now())
    }

    /// Drawn when the file was made: nothing answered is lost, so only another file is another epoch.
    async fn epoch(&self) -> Result<String> {
        Ok(self.epoch.to_string())
    }

    async fn durability(&self) -> Result<Durability> {
        Ok(Durability { always: true, warnings: Vec::new() })
    }

    async fn check_key(&self, key: &KeyId) -> Result<KeyCheck> {
        let key = key.clone();
        self.write(move |db| install::check_key(db, &key)).await
    }

    async fn note_queue_created(&self, queue: &str) -> Result<()> {
        let queue = queue.to_owned();
        self.write(move |db| install::note_queue_created(db, &queue)).await
    }

    async fn queue_created_at(&self, queue: &str) -> Result<Option<Timestamp>> {
        let queue = queue.to_owned();
        self.read(move |db| install::queue_created_at(db, &queue)).await
    }

    async fn set_export(&self, name: &str, path: &str) -> Result<()> {
        let (name, path) = (name.to_owned(), path.to_owned());
        self.write(move |db| install::set_export(db, &name, &path)).await
    }

    async fn exports(&self) -> Result<Vec<(String, String)>> {
        self.read(install::exports).await
    }

    async fn close(&self) {
        self.db.close().await;
    }
}

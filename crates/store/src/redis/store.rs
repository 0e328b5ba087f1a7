//! The store itself: how a call is made, and which module answers each.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    EndReason, FindingRecord, JobId, JobMessage, KeyId, ScanId, ScanReport, Scope, TargetId, Timestamp,
};
use deadpool_redis::redis::{self, Cmd, Value};

use super::config::{CrashHook, RedisConfig};
use super::connect::Dialer;
use super::link::Link;
use super::reply::Items;
use super::script::Script;
use crate::contract::Store;
use crate::error::StoreError;
use crate::records::{
    DeadRecord, DeadStatus, Durability, JobRecord, LogEntry, ScanRecord, ScopeHistory, TargetState,
};
use crate::requests::{
    AttemptEnd, Begin, BeginRequest, Cancelled, Committed, Created, EndedAttempt, Fence, JobEnded, KeyCheck,
    LockAttempt, LockGuard, MoreFindings, NewScan, Parked, ReconcileCommit, ReconcileLoad, Renewed, SealList,
    Sealed, Stored,
};

pub(super) type Result<T> = std::result::Result<T, StoreError>;

/// How long what is staged waits for the script that makes it count.
pub(super) const STAGE_TTL: Duration = Duration::from_secs(3600);

/// The store on Redis.
pub struct RedisStore {
    link: Link,
    prefix: String,
    crash_hook: Option<CrashHook>,
}

impl RedisStore {
    /// Connects, and refuses a server that cannot keep the promises.
    ///
    /// # Errors
    /// `Unavailable` when the server does not answer yet, `Misconfigured` when a person must change something.
    pub async fn connect(config: RedisConfig) -> Result<Self> {
        let link = Link::open(Dialer::new(&config)?, config.connections).await?;
        Ok(Self { link, prefix: config.prefix, crash_hook: config.crash_hook })
    }

    /// A call of a script, to which its arguments are added.
    pub(super) fn call(&self, script: &Script) -> Cmd {
        script.call(&self.prefix)
    }

    pub(super) async fn ask(&self, script: &Script, call: &Cmd) -> Result<Value> {
        self.link.script(script, call).await
    }

    pub(super) async fn ask_list(&self, script: &Script, call: &Cmd) -> Result<Items> {
        Items::of(self.ask(script, call).await?)
    }

    /// A plain command on one of our keys, to which further arguments are added.
    pub(super) fn command(&self, name: &str, key: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(format!("{}{key}", self.prefix));
        command
    }

    pub(super) async fn run(&self, command: &Cmd) -> Result<Value> {
        self.link.run(command).await
    }

    pub(super) async fn fresh_durability(&self) -> Result<Durability> {
        self.link.durability().await
    }

    pub(super) fn connect_anew(&self) {
        self.link.drop_all();
    }

    /// A place between two steps at which a test may have the process die.
    pub(super) fn step(&self, name: &'static str) {
        if let Some(hook) = &self.crash_hook {
            hook(name);
        }
    }
}

/// For a script's argument, in milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).min(1 << 50)
}

#[async_trait]
impl Store for RedisStore {
    async fn create_scan(&self, scan: &NewScan) -> Result<Created> {
        self.do_create_scan(scan).await
    }
    async fn scan(&self, id: &ScanId) -> Result<Option<ScanRecord>> {
        self.do_scan(id).await
    }
    async fn scans(&self, skip: u64, limit: u64) -> Result<Vec<ScanRecord>> {
        self.do_scans(skip, limit).await
    }
    async fn unsettled_scans(&self) -> Result<Vec<ScanRecord>> {
        self.do_unsettled_scans().await
    }
    async fn cancel_scan(&self, id: &ScanId) -> Result<Cancelled> {
        self.do_cancel_scan(id).await
    }
    async fn mark_announced(&self, id: &ScanId) -> Result<()> {
        self.do_mark_announced(id).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>> {
        self.do_job(id).await
    }
    async fn scan_jobs(&self, scan: &ScanId, skip: u64, limit: u64) -> Result<Vec<JobRecord>> {
        self.do_scan_jobs(scan, skip, limit).await
    }
    async fn open_jobs(&self, scan: &ScanId, after: Option<&JobId>, limit: u64) -> Result<Vec<JobRecord>> {
        self.do_open_jobs(scan, after, limit).await
    }
    async fn mark_published(&self, jobs: &[JobId]) -> Result<()> {
        self.do_mark_published(jobs).await
    }
    async fn begin_attempt(&self, request: &BeginRequest) -> Result<Begin> {
        self.do_begin_attempt(request).await
    }
    async fn renew_fence(&self, fence: &Fence, ttl: Duration) -> Result<Renewed> {
        self.do_renew_fence(fence, ttl).await
    }
    async fn end_attempt(&self, fence: &Fence, end: &AttemptEnd) -> Result<EndedAttempt> {
        self.do_end_attempt(fence, end).await
    }
    async fn seal(&self, fence: &Fence, list: &SealList) -> Result<Sealed> {
        self.do_seal(fence, list).await
    }
    async fn store_result(&self, fence: &Fence, report: &ScanReport) -> Result<Stored> {
        self.do_store_result(fence, report).await
    }
    async fn end_job(&self, job: &JobId, reason: &EndReason, guard: Option<&LockGuard>) -> Result<JobEnded> {
        self.do_end_job(job, reason, guard).await
    }
    async fn top_up(&self, scan: &ScanId, guard: &LockGuard) -> Result<Vec<JobMessage>> {
        self.do_top_up(scan, guard).await
    }
    async fn report(&self, job: &JobId) -> Result<Option<ScanReport>> {
        self.do_report(job).await
    }

    async fn load_reconcile(&self, job: &JobId, count: bool) -> Result<ReconcileLoad> {
        self.do_load_reconcile(job, count).await
    }
    async fn more_findings(&self, target: &TargetId, version: u64, after: &str) -> Result<MoreFindings> {
        self.do_more_findings(target, version, after).await
    }
    async fn commit_reconcile(&self, commit: &ReconcileCommit) -> Result<Committed> {
        self.do_commit_reconcile(commit).await
    }
    async fn park_result(&self, job: &JobId) -> Result<Parked> {
        self.do_park_result(job).await
    }
    async fn target(&self, target: &TargetId) -> Result<TargetState> {
        self.do_target(target).await
    }
    async fn targets(&self) -> Result<Vec<TargetId>> {
        self.do_targets().await
    }
    async fn finding(&self, fingerprint: &str) -> Result<Option<FindingRecord>> {
        self.do_finding(fingerprint).await
    }
    async fn transitions(&self, after: Option<&str>, limit: u64) -> Result<Vec<LogEntry>> {
        self.do_transitions(after, limit).await
    }
    async fn scope_history(&self, scope: &Scope) -> Result<ScopeHistory> {
        self.do_scope_history(scope).await
    }

    async fn record_dead(&self, dead: &DeadRecord) -> Result<()> {
        self.do_record_dead(dead).await
    }
    async fn dead(&self, skip: u64, limit: u64) -> Result<Vec<DeadRecord>> {
        self.do_dead(skip, limit).await
    }
    async fn dead_letter(&self, id: &str) -> Result<Option<DeadRecord>> {
        self.do_dead_letter(id).await
    }
    async fn mark_dead(&self, id: &str, status: DeadStatus) -> Result<bool> {
        self.do_mark_dead(id, status).await
    }

    async fn lock(&self, name: &str, owner: &str, ttl: Duration) -> Result<LockAttempt> {
        self.do_lock(name, owner, ttl).await
    }
    async fn renew_lock(&self, guard: &LockGuard, ttl: Duration) -> Result<bool> {
        self.do_renew_lock(guard, ttl).await
    }
    async fn unlock(&self, guard: &LockGuard) -> Result<()> {
        self.do_unlock(guard).await
    }

    async fn now(&self) -> Result<Timestamp> {
        self.do_now().await
    }
    async fn epoch(&self) -> Result<String> {
        self.do_epoch().await
    }
    async fn durability(&self) -> Result<Durability> {
        self.fresh_durability().await
    }
    async fn check_key(&self, key: &KeyId) -> Result<KeyCheck> {
        self.do_check_key(key).await
    }
    async fn note_queue_created(&self, queue: &str) -> Result<()> {
        self.do_note_queue_created(queue).await
    }
    async fn queue_created_at(&self, queue: &str) -> Result<Option<Timestamp>> {
        self.do_queue_created_at(queue).await
    }
    async fn set_export(&self, name: &str, path: &str) -> Result<()> {
        self.do_set_export(name, path).await
    }
    async fn exports(&self) -> Result<Vec<(String, String)>> {
        self.do_exports().await
    }
    async fn close(&self) {
        self.link.close();
    }
}

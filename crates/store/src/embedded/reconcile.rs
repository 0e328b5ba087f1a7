//! Reconciling: a result and its target read at one moment, and what was decided written in one transaction.
//!
//! The contract speaks of chunks behind a pointer flip. Here one SQLite transaction is that flip: readers see the state
//! before it until the commit and all of it after, so nothing is staged.

use checkmate_domain::{Checks, JobId, Timestamp, TransitionKind};
use rusqlite::{Connection, params};

use super::endings::PARKED;
use super::jobs::{self, Job};
use super::lifecycle::{self, TargetRows};
use super::results::{self, Beginning};
use super::row::{Result, one, run, to_json, value};
use super::scans::Scan;
use super::window;
use crate::records::JobState;
use crate::requests::{Committed, Progress, ReconcileCommit, StoredJob};

/// Findings that are read at once.
pub(super) const PAGE: u64 = 1_000;

/// What was read for reconciling; its JSON is parsed by the caller.
pub(super) enum Loaded {
    Ready(Box<Rows>),
    AlreadyReconciled(Box<Progress>),
    NoResult,
    Unknown,
}

pub(super) struct Rows {
    pub(super) job: StoredJob,
    pub(super) report: Beginning,
    pub(super) target: TargetRows,
    pub(super) more: Option<String>,
    pub(super) loads: u32,
}

/// Raises the number of loads of a result that waits; the new number.
pub(super) fn count_load(db: &Connection, job: &JobId) -> Result<Option<u32>> {
    let sql =
        "UPDATE jobs SET loads = loads + 1 WHERE id = ?1 AND state IN ('stored', 'parked') RETURNING loads";
    value(db, sql, [job.as_str()])
}

/// `counted` is what this load was counted as.
pub(super) fn load(db: &Connection, id: &JobId, counted: Option<u32>) -> Result<Loaded> {
    let Some((job, scan)) = jobs::find(db, id)? else { return Ok(Loaded::Unknown) };
    match job.record.state {
        JobState::Stored | JobState::Parked => {}
        JobState::Reconciled => return Ok(Loaded::AlreadyReconciled(scan.progress(false))),
        _ => return Ok(Loaded::NoResult),
    }
    let report = results::begin(db, id)?.ok_or_else(|| {
        super::error::corrupt("reports", id.as_str(), "the job is stored and its report is not there")
    })?;
    let (target, more) = lifecycle::rows_after(db, report.target(), "", PAGE)?;
    let loads = counted.unwrap_or(job.loads);
    Ok(Loaded::Ready(Box::new(Rows { loads, job: job.record.into(), report, target, more })))
}

/// A commit made ready for writing.
pub(super) struct Decided {
    job: JobId,
    target: String,
    version: u64,
    head: String,
    /// Fingerprint and record.
    upserts: Vec<(String, String)>,
    transitions: Vec<String>,
    opened: u64,
    resolved: u64,
    checks: Checks,
}

impl Decided {
    /// What of it costs time is done here, away from the writer.
    pub(super) fn new(commit: &ReconcileCommit) -> Result<Self> {
        let ReconcileCommit { job, target, version, head, upserts, transitions, checks, at: _ } = commit;
        let count = |kinds: &[TransitionKind]| {
            transitions.iter().filter(|transition| kinds.contains(&transition.kind)).count() as u64
        };
        Ok(Self {
            job: job.clone(),
            target: target.to_string(),
            version: *version,
            head: to_json(head)?,
            upserts: upserts
                .iter()
                .map(|record| Ok((record.finding.fingerprint.to_string(), to_json(record)?)))
                .collect::<Result<_>>()?,
            transitions: transitions.iter().map(to_json).collect::<Result<_>>()?,
            opened: count(&[TransitionKind::Opened, TransitionKind::Reopened]),
            resolved: count(&[TransitionKind::Resolved]),
            checks: *checks,
        })
    }
}

pub(super) fn commit(db: &Connection, decided: &Decided) -> Result<Committed> {
    let Some((job, mut scan)) = jobs::find(db, &decided.job)? else { return Ok(Committed::NoResult) };
    match job.record.state {
        JobState::Stored | JobState::Parked => {}
        JobState::Reconciled => return Ok(Committed::AlreadyReconciled(scan.progress(false))),
        _ => return Ok(Committed::NoResult),
    }
    if !move_target(db, decided)? {
        return Ok(Committed::Conflict);
    }
    for transition in &decided.transitions {
        run(db, "INSERT INTO transitions (record) VALUES (?1)", [transition])?;
    }
    run(db, "UPDATE jobs SET state = 'reconciled', is_open = 0 WHERE n = ?1", [job.n])?;
    let finished = count(&mut scan, &job, decided);
    scan.save(db)?;
    Ok(Committed::Committed(scan.record.state.is_final().then(|| scan.progress(finished))))
}

/// Writes head and findings of the target; false when its version moved.
fn move_target(db: &Connection, decided: &Decided) -> Result<bool> {
    let known: Option<(i64, u64)> =
        one(db, "SELECT n, version FROM targets WHERE id = ?1", [&decided.target], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if known.map_or(0, |(_, version)| version) != decided.version {
        return Ok(false);
    }
    let n = if let Some((n, _)) = known {
        run(
            db,
            "UPDATE targets SET version = version + 1, head = ?2 WHERE n = ?1",
            params![n, decided.head],
        )?;
        n
    } else {
        run(
            db,
            "INSERT INTO targets (id, version, head) VALUES (?1, 1, ?2)",
            params![decided.target, decided.head],
        )?;
        db.last_insert_rowid()
    };
    for (fingerprint, record) in &decided.upserts {
        run(
            db,
            "INSERT INTO findings (target, fingerprint, record) VALUES (?1, ?2, ?3) \
             ON CONFLICT (fingerprint) DO UPDATE SET record = excluded.record",
            params![n, fingerprint, record],
        )?;
    }
    Ok(true)
}

/// Counts a reconciled result in its scan; whether that made it final. A parked one left `pending` when it was parked.
fn count(scan: &mut Scan, job: &Job, decided: &Decided) -> bool {
    let scan = &mut scan.record;
    scan.done += 1;
    scan.opened += decided.opened;
    scan.resolved += decided.resolved;
    scan.checks += decided.checks.asked;
    scan.unanswered += decided.checks.unanswered;
    if job.record.state == JobState::Parked {
        if let Some(parked) = scan.ended.get_mut(PARKED) {
            *parked = parked.saturating_sub(1);
        }
        scan.ended.retain(|_, count| *count > 0);
        return false;
    }
    scan.pending = scan.pending.saturating_sub(1);
    window::finish(scan, Timestamp::now())
}

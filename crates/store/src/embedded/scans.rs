//! Scans: made once, loaded and saved whole by every transaction that counts in them.

use checkmate_domain::{JobId, JobKind, ScanId, Timestamp};
use rusqlite::{Connection, Row, params};

use super::row::{Fields, Result, many, millis, one, run, to_json};
use super::{jobs, ledger};
use crate::records::{ScanRecord, ScanState};
use crate::requests::{Cancelled, Created, NewScan, Progress};

/// The columns of a scan, in the order [`read`] takes them.
macro_rules! scan_columns {
    () => {
        "s.n, s.id, s.scope, s.lane, s.asked_by, s.window_size, s.time_limit_ms, s.expires_after_ms, s.created_at, s.state, \
         s.error, s.sealed, s.total, s.released, s.in_window, s.pending, s.done, s.ended, s.opened, s.resolved, \
         s.checks, s.unanswered, s.finished_at, s.announced"
    };
}
pub(super) use scan_columns;

/// A scan and its row.
pub(super) struct Scan {
    pub(super) n: i64,
    pub(super) record: ScanRecord,
}

impl Scan {
    /// Where it stands, for an answer.
    pub(super) fn progress(self, finished_now: bool) -> Box<Progress> {
        Box::new(Progress { scan: self.record, finished_now })
    }

    /// Writes back what transactions change.
    pub(super) fn save(&self, db: &Connection) -> Result<()> {
        let scan = &self.record;
        run(
            db,
            "UPDATE scans SET state = ?2, error = ?3, sealed = ?4, total = ?5, released = ?6, in_window = ?7, pending = ?8, \
             done = ?9, ended = ?10, opened = ?11, resolved = ?12, finished_at = ?13, checks = ?14, \
             unanswered = ?15 WHERE n = ?1",
            params![
                self.n,
                state_word(scan.state),
                scan.error,
                scan.sealed,
                scan.total,
                scan.released,
                scan.in_window,
                scan.pending,
                scan.done,
                to_json(&scan.ended)?,
                scan.opened,
                scan.resolved,
                scan.finished_at.map(Timestamp::as_millis),
                scan.checks,
                scan.unanswered,
            ],
        )?;
        Ok(())
    }
}

/// The word in the column, which is the one serde reads.
const fn state_word(state: ScanState) -> &'static str {
    match state {
        ScanState::Failed => "failed",
        other => other.as_str(),
    }
}

/// Reads the columns of a scan, the first of which stands at `from`.
pub(super) fn read(row: &Row<'_>, from: usize) -> Result<Scan> {
    let mut fields = Fields::new(row, "scans", from + 1, from)?;
    let n = fields.next()?;
    let record = ScanRecord {
        id: fields.word()?,
        scope: fields.word()?,
        lane: fields.word()?,
        trigger: fields.json()?,
        window: fields.next()?,
        time_limit_ms: fields.next()?,
        expires_after_ms: fields.next()?,
        created_at: fields.time()?,
        state: fields.word()?,
        error: fields.next()?,
        sealed: fields.next()?,
        total: fields.next()?,
        released: fields.next()?,
        in_window: fields.next()?,
        pending: fields.next()?,
        done: fields.next()?,
        ended: fields.json()?,
        opened: fields.next()?,
        resolved: fields.next()?,
        checks: fields.next()?,
        unanswered: fields.next()?,
        finished_at: fields.maybe_time()?,
        announced: fields.next()?,
    };
    Ok(Scan { n, record })
}

pub(super) fn find(db: &Connection, id: &ScanId) -> Result<Option<Scan>> {
    let sql = concat!("SELECT ", scan_columns!(), " FROM scans s WHERE s.id = ?1");
    one(db, sql, [id.as_str()], |row| read(row, 0))
}

pub(super) fn create(db: &Connection, new: &NewScan) -> Result<Created> {
    if let Some(scan) = find(db, &new.id)? {
        return Ok(Created::Exists(Box::new(scan.record)));
    }
    let now = Timestamp::now();
    run(
        db,
        "INSERT INTO scans (id, scope, lane, asked_by, window_size, time_limit_ms, expires_after_ms, created_at, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'planned')",
        params![
            new.id.as_str(),
            new.scope.to_string(),
            new.lane.as_str(),
            to_json(&new.trigger)?,
            new.window,
            millis(new.time_limit),
            millis(new.expires_after),
            now.as_millis(),
        ],
    )?;
    let job = JobId::derived(&new.id, JobKind::Discover.as_str(), &new.scope.to_string(), None);
    run(
        db,
        "INSERT INTO jobs (id, scan, place, kind, state, is_open, released_at, not_before) \
         VALUES (?1, ?2, 0, 'discover', 'recorded', 1, ?3, ?3)",
        params![job.as_str(), db.last_insert_rowid(), now.as_millis()],
    )?;
    let (job, scan) = jobs::find(db, &job)?
        .ok_or_else(|| super::error::corrupt("jobs", job.as_str(), "just made, not there"))?;
    Ok(Created::New(Box::new(scan.record), Box::new(job.record)))
}

pub(super) fn list(db: &Connection, skip: u64, limit: u64) -> Result<Vec<ScanRecord>> {
    let sql = concat!("SELECT ", scan_columns!(), " FROM scans s ORDER BY s.n DESC LIMIT ?2 OFFSET ?1");
    many(db, sql, [bound(skip), bound(limit)], |row| Ok(read(row, 0)?.record))
}

/// A scan is announced only after it became final, so what is not announced is what is not settled.
pub(super) fn unsettled(db: &Connection) -> Result<Vec<ScanRecord>> {
    let sql = concat!("SELECT ", scan_columns!(), " FROM scans s WHERE s.announced = 0 ORDER BY s.n");
    many(db, sql, [], |row| Ok(read(row, 0)?.record))
}

pub(super) fn cancel(db: &Connection, id: &ScanId) -> Result<Cancelled> {
    let Some(mut scan) = find(db, id)? else { return Ok(Cancelled::Unknown) };
    if scan.record.state.is_final() {
        return Ok(Cancelled::WasOver(Box::new(scan.record)));
    }
    scan.record.state = ScanState::Cancelled;
    scan.record.finished_at = Some(Timestamp::now());
    scan.save(db)?;
    Ok(Cancelled::Now(Box::new(scan.record)))
}

pub(super) fn mark_announced(db: &Connection, id: &ScanId) -> Result<()> {
    let announced = run(
        db,
        "UPDATE scans SET announced = 1 WHERE id = ?1 AND announced = 0 \
         AND state IN ('finished', 'finished-incomplete', 'failed', 'cancelled')",
        [id.as_str()],
    )?;
    if announced > 0 { ledger::note_unplanned(db, id) } else { Ok(()) }
}

/// A count as large as SQLite takes it.
pub(super) fn bound(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

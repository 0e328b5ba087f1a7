//! Jobs as they stand in their table, and what reads or notes nothing else.

use checkmate_domain::message::SCHEMA;
use checkmate_domain::{JobId, JobKind, JobMessage, ScanId, Timestamp};
use rusqlite::{Connection, Row, params};

use super::row::{Fields, Result, many, one, run, to_json};
use super::scans::{self, Scan, bound, scan_columns};
use crate::records::{FenceInfo, JobRecord, JobState, ScanRecord};
use crate::requests::Fence;

/// The columns of a job, in the order [`read`] takes them.
macro_rules! job_columns {
    () => {
        "j.n, j.id, j.kind, j.spec, j.state, j.released_at, j.not_before, j.published_at, j.attempt, j.failures, j.crashes, \
         j.crashes_alone, j.last_error, j.token, j.holder, j.held_until, j.begun_at, j.seq, \
         j.stored_at, j.end_reason, j.sealed, j.loads, j.waits_for"
    };
}

/// How many they are: in a join the scan's follow.
const COLUMNS: usize = 23;

/// A job, its row, and what its record does not show.
pub(super) struct Job {
    pub(super) n: i64,
    pub(super) record: JobRecord,
    /// Of the last attempt, also when nobody holds the fence.
    pub(super) token: u64,
    /// Whether it sealed a list.
    pub(super) sealed: bool,
    /// How often its result was loaded.
    pub(super) loads: u32,
}

impl Job {
    /// Whether this fence may write: its attempt is the last one and the job is not over.
    pub(super) fn is_held_by(&self, fence: &Fence) -> bool {
        self.record.state == JobState::Running && self.token == fence.token
    }

    /// Whether it stands on the list of its scan and takes part in its counters.
    pub(super) fn is_on_list(&self) -> bool {
        self.record.kind == JobKind::Scan
    }
}

/// Reads the columns of a job, which stand first; `scan` is the one it belongs to.
pub(super) fn read(row: &Row<'_>, scan: &ScanRecord) -> Result<Job> {
    let mut fields = Fields::new(row, "jobs", 1, 0)?;
    let n = fields.next()?;
    let (id, kind, spec, state) = (fields.word()?, fields.word()?, fields.maybe_json()?, fields.word()?);
    let released_at = fields.maybe_time()?.unwrap_or(scan.created_at);
    let mut record = JobRecord {
        id,
        scan: scan.id.clone(),
        kind,
        scope: scan.scope.clone(),
        spec,
        lane: scan.lane,
        state,
        time_limit_ms: scan.time_limit_ms,
        released_at,
        expires_at: expires_at(scan, released_at),
        not_before: fields.maybe_time()?.unwrap_or(released_at),
        published_at: fields.maybe_time()?,
        attempt: fields.next()?,
        failures: fields.next()?,
        crashes: fields.next()?,
        crashes_alone: fields.next()?,
        last_error: fields.next()?,
        waits_for: None,
        fence: None,
        seq: 0,
        stored_at: None,
        end: None,
    };
    let token = fields.next()?;
    let (holder, until, since) = (fields.maybe_word()?, fields.maybe_time()?, fields.maybe_time()?);
    if let (Some(holder), Some(until)) = (holder, until) {
        record.fence = Some(FenceInfo { token, holder, since: since.unwrap_or(until), until });
    }
    record.seq = fields.next()?;
    record.stored_at = fields.maybe_time()?;
    record.end = fields.maybe_json()?;
    let (sealed, loads) = (fields.next()?, fields.next()?);
    record.waits_for = fields.next()?;
    Ok(Job { n, record, token, sealed, loads })
}

/// The message of a job that was released at this time.
pub(super) fn message(scan: &ScanRecord, id: JobId, kind: JobKind, at: Timestamp) -> JobMessage {
    JobMessage {
        schema: SCHEMA,
        job: id,
        scan: scan.id.clone(),
        kind,
        lane: scan.lane,
        time_limit_ms: scan.time_limit_ms,
        expires_at: expires_at(scan, at),
    }
}

fn expires_at(scan: &ScanRecord, released_at: Timestamp) -> Timestamp {
    released_at.plus(std::time::Duration::from_millis(scan.expires_after_ms))
}

/// A released job and its scan.
pub(super) fn find(db: &Connection, id: &JobId) -> Result<Option<(Job, Scan)>> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        ", ",
        scan_columns!(),
        " FROM jobs j JOIN scans s ON s.n = j.scan WHERE j.id = ?1 AND j.state <> 'waiting'"
    );
    one(db, sql, [id.as_str()], |row| {
        let scan = scans::read(row, COLUMNS)?;
        Ok((read(row, &scan.record)?, scan))
    })
}

pub(super) fn of_scan(db: &Connection, scan: &ScanId, skip: u64, limit: u64) -> Result<Vec<JobRecord>> {
    let Some(scan) = scans::find(db, scan)? else { return Ok(Vec::new()) };
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM jobs j WHERE j.scan = ?1 AND j.place >= ?2 ORDER BY j.place LIMIT ?3"
    );
    many(db, sql, [scan.n, bound(skip), bound(limit)], |row| Ok(read(row, &scan.record)?.record))
}

pub(super) fn open_ones(
    db: &Connection,
    scan: &ScanId,
    after: Option<&JobId>,
    limit: u64,
) -> Result<Vec<JobRecord>> {
    let Some(scan) = scans::find(db, scan)? else { return Ok(Vec::new()) };
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM jobs j INDEXED BY open_jobs WHERE j.scan = ?1 AND j.id > ?2 AND j.is_open = 1 ORDER BY j.id LIMIT ?3"
    );
    let after = after.map_or("", JobId::as_str);
    many(db, sql, params![scan.n, after, bound(limit)], |row| Ok(read(row, &scan.record)?.record))
}

/// Released jobs whose confirm was not noted, in list order.
pub(super) fn recorded(db: &Connection, scan: &Scan) -> Result<Vec<JobMessage>> {
    let sql = "SELECT id, kind, released_at FROM jobs INDEXED BY open_jobs \
               WHERE scan = ?1 AND is_open = 1 AND state = 'recorded' ORDER BY place";
    many(db, sql, [scan.n], |row| {
        let mut fields = Fields::new(row, "jobs", 0, 0)?;
        let (id, kind) = (fields.word()?, fields.word()?);
        Ok(message(&scan.record, id, kind, fields.time()?))
    })
}

pub(super) fn mark_published(db: &Connection, ids: &[&str]) -> Result<()> {
    run(
        db,
        "UPDATE jobs SET state = 'published', published_at = ?2 \
         WHERE id IN (SELECT value FROM json_each(?1)) AND state IN ('recorded', 'published')",
        params![to_json(&ids)?, Timestamp::now().as_millis()],
    )?;
    Ok(())
}

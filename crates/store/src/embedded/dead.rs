//! Dead letters. What is counted stands in columns, the rest is as it was when the letter came first.

use rusqlite::{Connection, Row, params};

use super::row::{Fields, Result, many, one, run, to_json};
use super::scans::bound;
use crate::records::{DeadRecord, DeadStatus};

pub(super) fn record(db: &Connection, dead: &DeadRecord) -> Result<()> {
    run(
        db,
        "INSERT INTO dead_letters (id, last_at, deaths, status, record) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (id) DO UPDATE SET deaths = deaths + 1, last_at = excluded.last_at, status = 'waiting'",
        params![dead.id, dead.last_at.as_millis(), dead.deaths, status_word(dead.status), to_json(dead)?],
    )?;
    Ok(())
}

/// The word in the column, which is the one serde reads.
const fn status_word(status: DeadStatus) -> &'static str {
    match status {
        DeadStatus::Waiting => "waiting",
        DeadStatus::Replayed => "replayed",
        DeadStatus::Discarded => "discarded",
    }
}

fn read(row: &Row<'_>) -> Result<DeadRecord> {
    let mut fields = Fields::new(row, "dead_letters", 0, 1)?;
    let mut dead: DeadRecord = fields.json()?;
    dead.last_at = fields.time()?;
    dead.deaths = fields.next()?;
    dead.status = fields.word()?;
    Ok(dead)
}

pub(super) fn list(db: &Connection, skip: u64, limit: u64) -> Result<Vec<DeadRecord>> {
    let sql = "SELECT id, record, last_at, deaths, status FROM dead_letters ORDER BY last_at DESC, n DESC LIMIT ?2 OFFSET ?1";
    many(db, sql, [bound(skip), bound(limit)], read)
}

pub(super) fn find(db: &Connection, id: &str) -> Result<Option<DeadRecord>> {
    one(db, "SELECT id, record, last_at, deaths, status FROM dead_letters WHERE id = ?1", [id], read)
}

pub(super) fn mark(db: &Connection, id: &str, status: DeadStatus) -> Result<bool> {
    let sql = "UPDATE dead_letters SET status = ?2 WHERE id = ?1";
    Ok(run(db, sql, params![id, status_word(status)])? > 0)
}

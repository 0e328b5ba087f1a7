//! What is known of targets and findings, and the log of transitions, as others read it.

use checkmate_domain::{FindingRecord, TargetId};
use rusqlite::{Connection, params};

use super::error::corrupt;
use super::row::{Result, json, many, one, value};
use super::scans::bound;
use crate::records::{LogEntry, TargetState};

/// A target as it stands in its tables; empty when nothing is known of it.
#[derive(Default)]
pub(super) struct TargetRows {
    id: String,
    version: u64,
    head: Option<String>,
    findings: Vec<String>,
}

impl TargetRows {
    /// Its version; 0 when nothing is known of it.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// How many findings there are.
    pub(super) fn count(&self) -> usize {
        self.findings.len()
    }

    /// Reads the JSON.
    pub(super) fn state(&self) -> Result<TargetState> {
        let head = self.head.as_ref().map(|head| json("targets", &self.id, head)).transpose()?;
        let finding = |record: &String| json("findings", &format!("of {}", self.id), record);
        Ok(TargetState {
            version: self.version,
            head: head.unwrap_or_default(),
            findings: self.findings.iter().map(finding).collect::<Result<_>>()?,
        })
    }
}

/// All of it.
pub(super) fn rows(db: &Connection, id: &str) -> Result<TargetRows> {
    rows_after(db, id, "", u64::MAX).map(|(rows, _)| rows)
}

/// At most so many findings after a fingerprint; the fingerprint where they go on.
pub(super) fn rows_after(
    db: &Connection,
    id: &str,
    after: &str,
    limit: u64,
) -> Result<(TargetRows, Option<String>)> {
    let target: Option<(i64, u64, String)> =
        one(db, "SELECT n, version, head FROM targets WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let Some((n, version, head)) = target else { return Ok((TargetRows::default(), None)) };
    let sql = "SELECT record, fingerprint FROM findings WHERE target = ?1 AND fingerprint > ?2 \
               ORDER BY fingerprint LIMIT ?3";
    let found: Vec<(String, String)> =
        many(db, sql, params![n, after, bound(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let last = found.last().map(|(_, fingerprint)| fingerprint.clone());
    let more = last.filter(|_| found.len() as u64 >= limit);
    let findings = found.into_iter().map(|(record, _)| record).collect();
    Ok((TargetRows { id: id.to_owned(), version, head: Some(head), findings }, more))
}

pub(super) fn targets(db: &Connection) -> Result<Vec<TargetId>> {
    let sql = "SELECT id FROM targets t WHERE EXISTS (SELECT 1 FROM findings WHERE target = t.n) ORDER BY id";
    many(db, sql, [], |row| {
        let id: String = row.get(0)?;
        TargetId::new(id.as_str()).map_err(|error| corrupt("targets", &id, error))
    })
}

pub(super) fn finding(db: &Connection, fingerprint: &str) -> Result<Option<FindingRecord>> {
    let record: Option<String> =
        value(db, "SELECT record FROM findings WHERE fingerprint = ?1", [fingerprint])?;
    record.map(|record| json("findings", fingerprint, &record)).transpose()
}

pub(super) fn log(db: &Connection, after: Option<&str>, limit: u64) -> Result<Vec<LogEntry>> {
    let after: i64 = match after {
        None => 0,
        Some(text) => text.parse().map_err(|_| corrupt("transitions", text, "is no position of this log"))?,
    };
    let sql = "SELECT n, record FROM transitions WHERE n > ?1 ORDER BY n LIMIT ?2";
    many(db, sql, params![after, bound(limit)], |row| {
        let position = row.get::<_, i64>(0)?.to_string();
        let transition = json("transitions", &position, &row.get::<_, String>(1)?)?;
        Ok(LogEntry { position, transition })
    })
}

//! The audit trail.

use async_trait::async_trait;
use checkmate_domain::audit::{AuditRecord, Checkpoint, SegmentHead};
use checkmate_domain::{Timestamp, WorkerId};
use rusqlite::{Connection, params};

use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, run, to_json, value};
use crate::audit::{Appended, AuditStore};

fn append(db: &Connection, segment: &str, first: u64, records: &[String]) -> Result<Appended> {
    let next: u64 =
        value(db, "SELECT coalesce(max(seq) + 1, 0) FROM audit WHERE segment = ?1", [segment])?.unwrap_or(0);
    for (seq, record) in (first..).zip(records) {
        if seq < next {
            let there: Option<String> =
                value(db, "SELECT record FROM audit WHERE segment = ?1 AND seq = ?2", params![segment, seq])?;
            if there.as_ref() != Some(record) {
                return Ok(Appended::Gap(next));
            }
        }
    }
    if first > next {
        return Ok(Appended::Gap(next));
    }
    for (seq, record) in (first..).zip(records).filter(|(seq, _)| *seq >= next) {
        run(db, "INSERT INTO audit VALUES (?1, ?2, ?3)", params![segment, seq, record])?;
    }
    Ok(Appended::Done)
}

fn last(db: &Connection) -> Result<u64> {
    Ok(value(db, "SELECT coalesce(max(number), 0) FROM checkpoints", [])?.unwrap_or(0))
}

fn keep(db: &Connection, number: u64, record: &str) -> Result<bool> {
    if last(db)? + 1 != number {
        return Ok(false);
    }
    run(db, "INSERT INTO checkpoints VALUES (?1, ?2)", params![number, record])?;
    Ok(true)
}

#[async_trait]
impl AuditStore for EmbeddedStore {
    async fn append_audit(&self, records: &[AuditRecord]) -> Result<Appended> {
        let Some(first) = records.first() else { return Ok(Appended::Done) };
        let (segment, first) = (first.segment.to_string(), first.seq);
        let records: Vec<String> = records.iter().map(to_json).collect::<Result<_>>()?;
        self.write(move |db| append(db, &segment, first, &records)).await
    }

    async fn audit_heads(&self) -> Result<Vec<SegmentHead>> {
        let sql = "SELECT segment, record FROM audit AS a \
                   WHERE seq = (SELECT max(seq) FROM audit WHERE segment = a.segment) ORDER BY segment";
        self.read(move |db| {
            let last =
                many(db, sql, [], |row| Ok(Fields::new(row, "audit", 0, 1)?.json::<AuditRecord>().ok()))?;
            Ok(last.iter().flatten().map(AuditRecord::head).collect())
        })
        .await
    }

    async fn audit_segments(&self) -> Result<Vec<WorkerId>> {
        let sql = "SELECT DISTINCT segment FROM audit ORDER BY segment";
        self.read(move |db| many(db, sql, [], |row| Fields::new(row, "audit", 0, 0)?.word())).await
    }

    async fn audit_lines(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<(u64, String)>> {
        let segment = segment.to_string();
        let sql = "SELECT segment, seq, CAST(record AS TEXT) FROM audit \
                   WHERE segment = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
        self.read(move |db| {
            many(db, sql, params![segment, from, limit], |row| {
                let mut fields = Fields::new(row, "audit", 0, 1)?;
                Ok((fields.next()?, fields.next()?))
            })
        })
        .await
    }

    async fn audit_records(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<AuditRecord>> {
        let segment = segment.to_string();
        let sql = "SELECT segment, record FROM audit WHERE segment = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
        self.read(move |db| {
            many(db, sql, params![segment, from, limit], |row| Fields::new(row, "audit", 0, 1)?.json())
        })
        .await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u64) -> Result<u64> {
        let before = before.as_millis();
        self.write(move |db| {
            let sql = "SELECT segment FROM audit AS a \
                       WHERE seq = (SELECT max(seq) FROM audit WHERE segment = a.segment) \
                       AND json_valid(record) AND json_extract(record, '$.at') < ?1 ORDER BY segment LIMIT ?2";
            let old: Vec<String> = many(db, sql, params![before, limit], |row| Ok(row.get(0)?))?;
            for segment in &old {
                run(db, "DELETE FROM audit WHERE segment = ?1", [segment])?;
            }
            Ok(old.len() as u64)
        })
        .await
    }

    async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<bool> {
        let (number, record) = (checkpoint.number, to_json(checkpoint)?);
        self.write(move |db| keep(db, number, &record)).await
    }

    async fn checkpoints(&self, after: u64, limit: u64) -> Result<Vec<Checkpoint>> {
        let sql =
            "SELECT CAST(number AS TEXT), record FROM checkpoints WHERE number > ?1 ORDER BY number LIMIT ?2";
        self.read(move |db| {
            many(db, sql, params![after, limit], |row| Fields::new(row, "checkpoints", 0, 1)?.json())
        })
        .await
    }

    async fn last_checkpoint(&self) -> Result<u64> {
        self.read(last).await
    }
}

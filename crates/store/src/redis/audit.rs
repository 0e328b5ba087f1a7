//! The audit trail.

use async_trait::async_trait;
use checkmate_domain::audit::{AuditRecord, Checkpoint, SegmentHead};
use checkmate_domain::{Timestamp, WorkerId};
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::{json, unsigned};
use super::reply::{self, Items};
use super::script::{APPEND_AUDIT, AUDIT_HEADS, KEEP_CHECKPOINT, PURGE_AUDIT};
use super::store::{RedisStore, Result};
use crate::audit::{Appended, AuditStore};

impl RedisStore {
    /// So many entries of a list from a place on.
    async fn range<T>(
        &self,
        list: &str,
        from: u64,
        limit: u64,
        read: impl Fn(Value) -> Result<T>,
    ) -> Result<Vec<T>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut ask = self.command("LRANGE", list);
        Items::of(self.run(ask.arg(from).arg(from.saturating_add(limit - 1))).await?)?.each(read)
    }
}

#[async_trait]
impl AuditStore for RedisStore {
    async fn append_audit(&self, records: &[AuditRecord]) -> Result<Appended> {
        let Some(first) = records.first() else { return Ok(Appended::Done) };
        let mut call = self.call(&APPEND_AUDIT);
        call.arg(first.segment.as_str()).arg(first.seq);
        for record in records {
            call.arg(serde_json::to_string(record).map_err(corrupt)?);
        }
        let mut answer = self.ask_list(&APPEND_AUDIT, &call).await?;
        match answer.text()?.as_str() {
            "done" => Ok(Appended::Done),
            _ => Ok(Appended::Gap(unsigned(answer.int()?)?)),
        }
    }

    async fn audit_heads(&self) -> Result<Vec<SegmentHead>> {
        let call = self.call(&AUDIT_HEADS);
        let read = |value| Ok(json::<AuditRecord>(&reply::bytes(value)?).ok().map(|record| record.head()));
        let heads = self.ask_list(&AUDIT_HEADS, &call).await?.each(read)?;
        let mut heads: Vec<SegmentHead> = heads.into_iter().flatten().collect();
        heads.sort();
        Ok(heads)
    }

    async fn audit_segments(&self) -> Result<Vec<WorkerId>> {
        let found = self.run(&self.command("SMEMBERS", "audits")).await?;
        let read = |value| {
            let name = String::from_utf8_lossy(&reply::bytes(value)?).into_owned();
            WorkerId::new(name).map_err(corrupt)
        };
        let mut segments = Items::of(found)?.each(read)?;
        segments.sort();
        Ok(segments)
    }

    async fn audit_lines(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<(u64, String)>> {
        let read = |value| Ok(String::from_utf8_lossy(&reply::bytes(value)?).into_owned());
        Ok((from..).zip(self.range(&format!("audit:{segment}"), from, limit, read).await?).collect())
    }

    async fn audit_records(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<AuditRecord>> {
        self.range(&format!("audit:{segment}"), from, limit, |value| json(&reply::bytes(value)?)).await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u64) -> Result<u64> {
        let mut removed = 0;
        for head in self.audit_heads().await? {
            if removed == limit {
                break;
            }
            let last = self.audit_records(&head.segment, head.seq, 1).await?;
            if last.last().is_some_and(|last| last.at < before) {
                let mut call = self.call(&PURGE_AUDIT);
                call.arg(head.segment.as_str()).arg(head.seq);
                removed += unsigned::<u64>(reply::int(self.ask(&PURGE_AUDIT, &call).await?)?)?;
            }
        }
        Ok(removed)
    }

    async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<bool> {
        let mut call = self.call(&KEEP_CHECKPOINT);
        call.arg(checkpoint.number).arg(serde_json::to_string(checkpoint).map_err(corrupt)?);
        Ok(reply::int(self.ask(&KEEP_CHECKPOINT, &call).await?)? == 1)
    }

    async fn checkpoints(&self, after: u64, limit: u64) -> Result<Vec<Checkpoint>> {
        self.range("checkpoints", after, limit, |value| json(&reply::bytes(value)?)).await
    }

    async fn last_checkpoint(&self) -> Result<u64> {
        unsigned(reply::int(self.run(&self.command("LLEN", "checkpoints")).await?)?)
    }
}

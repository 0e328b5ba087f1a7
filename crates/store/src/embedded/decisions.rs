//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};
use rusqlite::{Connection, params};

use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, run, to_json, value};
use crate::decisions::DecisionStore;

pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS decisions (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

fn put(db: &Connection, id: &str, version: u64, record: &str) -> Result<bool> {
    let there: u64 = value(db, "SELECT version FROM decisions WHERE id = ?1", [id])?.unwrap_or(0);
    if there + 1 != version {
        return Ok(false);
    }
    let sql = "INSERT INTO decisions VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE \
               SET version = excluded.version, record = excluded.record";
    run(db, sql, params![id, version, record])?;
    Ok(true)
}

#[async_trait]
impl DecisionStore for EmbeddedStore {
    async fn put_decision(&self, decision: &Decision) -> Result<bool> {
        let (id, version) = (decision.fingerprint.to_string(), decision.version);
        let json = to_json(decision)?;
        self.write(move |db| put(db, &id, version, &json)).await
    }

    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>> {
        let id = fingerprint.to_string();
        let sql = "SELECT id, record FROM decisions WHERE id = ?1";
        let found = self
            .read(move |db| many(db, sql, [&id], |row| Fields::new(row, "decisions", 0, 1)?.json()))
            .await?;
        Ok(found.into_iter().next())
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let sql = "SELECT id, record FROM decisions WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.read(move |db| {
            many(db, sql, params![after, limit], |row| Fields::new(row, "decisions", 0, 1)?.json())
        })
        .await
    }
}

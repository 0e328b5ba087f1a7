//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};
use rusqlite::{Connection, params};

use super::open::EmbeddedStore;
use super::row::{Result, run, to_json};
use super::rows::is_next;
use crate::decisions::DecisionStore;

const TABLE: &str = "decisions";
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS decisions (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

fn put(db: &Connection, id: &str, version: u64, record: &str) -> Result<bool> {
    if !is_next(db, TABLE, id, version)? {
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
        self.row_of(TABLE, fingerprint.to_string()).await
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        self.rows_after(TABLE, after.map(ToString::to_string), limit).await
    }
}

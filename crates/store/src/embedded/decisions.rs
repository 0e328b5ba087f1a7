//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};
use rusqlite::{Connection, params};

use super::open::EmbeddedStore;
use super::row::{Result, run, to_json};
use super::rows::next;
use crate::decisions::DecisionStore;

pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS decisions (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

fn put(db: &Connection, decision: Decision) -> Result<Option<Decision>> {
    let Some(decision) = next(db, decision)? else { return Ok(None) };
    let sql = "INSERT INTO decisions VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE \
               SET version = excluded.version, record = excluded.record";
    run(db, sql, params![decision.fingerprint.as_str(), decision.version, to_json(&decision)?])?;
    Ok(Some(decision))
}

#[async_trait]
impl DecisionStore for EmbeddedStore {
    async fn put_decision(&self, decision: Decision) -> Result<Option<Decision>> {
        self.write(move |db| put(db, decision)).await
    }

    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>> {
        self.row_of(fingerprint.to_string()).await
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        self.rows_after(after.map(ToString::to_string), limit).await
    }
}

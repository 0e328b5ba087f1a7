//! What waits for a person.

use async_trait::async_trait;
use checkmate_domain::{Approval, ApprovalId, DeliveryRecord, Timestamp};

use super::ledger;
use super::open::EmbeddedStore;
use super::row::{Result, to_json, value};
use super::rows::put_due;
use crate::approvals::ApprovalStore;

const TABLE: &str = "approvals";
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS approvals (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  due     INTEGER,
  record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS approvals_due ON approvals (due, id) WHERE due IS NOT NULL;
";

#[async_trait]
impl ApprovalStore for EmbeddedStore {
    async fn put_approval(&self, approval: &Approval) -> Result<bool> {
        let (id, version) = (approval.id.to_string(), approval.version);
        let (due, json) = (approval.due.map(Timestamp::as_millis), to_json(approval)?);
        self.write(move |db| put_due(db, TABLE, &id, version, due, &json)).await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>> {
        self.row_of(TABLE, id.to_string()).await
    }

    async fn approvals(&self, after: Option<&ApprovalId>, limit: u64) -> Result<Vec<Approval>> {
        self.rows_after(TABLE, after.map(ToString::to_string), limit).await
    }

    async fn due_approvals(&self, now: Timestamp, limit: u64) -> Result<Vec<Approval>> {
        self.due_rows(TABLE, now, limit).await
    }

    async fn put_held_delivery(&self, record: &DeliveryRecord, approval: &Approval) -> Result<bool> {
        let (id, version) = (record.id.to_string(), record.version);
        let (due, json) = (record.due.map(Timestamp::as_millis), to_json(record)?);
        let (held_by, of) = (approval.id.to_string(), approval.version);
        self.write(move |db| {
            let there: Option<u64> = value(db, "SELECT version FROM approvals WHERE id = ?1", [held_by])?;
            if there != Some(of) {
                return Ok(false);
            }
            put_due(db, ledger::TABLE, &id, version, due, &json)
        })
        .await
    }
}

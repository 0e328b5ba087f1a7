//! What waits for a person.

use async_trait::async_trait;
use checkmate_domain::{Approval, ApprovalId, DeliveryRecord, Timestamp};

use super::open::EmbeddedStore;
use super::row::Result;
use super::rows::{put_due, version_of};
use crate::approvals::ApprovalStore;

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
    async fn put_approval(&self, approval: Approval) -> Result<Option<Approval>> {
        self.write(move |db| put_due(db, approval)).await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>> {
        self.row_of(id.to_string()).await
    }

    async fn approvals(&self, after: Option<&ApprovalId>, limit: u64) -> Result<Vec<Approval>> {
        self.rows_after(after.map(ToString::to_string), limit).await
    }

    async fn due_approvals(&self, now: Timestamp, limit: u64) -> Result<Vec<Approval>> {
        self.due_rows(now, limit).await
    }

    async fn put_held_delivery(
        &self,
        record: DeliveryRecord,
        approval: &Approval,
    ) -> Result<Option<DeliveryRecord>> {
        let (holds, version) = (approval.id.to_string(), approval.version);
        self.write(move |db| {
            if version_of::<Approval>(db, &holds)? != Some(version) {
                return Ok(None);
            }
            put_due(db, record)
        })
        .await
    }
}

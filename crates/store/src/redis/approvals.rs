//! What waits for a person.

use async_trait::async_trait;
use checkmate_domain::{Approval, ApprovalId, DeliveryRecord, Timestamp};

use super::error::corrupt;
use super::reply;
use super::script::PUT_HELD;
use super::store::{RedisStore, Result};
use crate::approvals::ApprovalStore;

const TABLE: &str = "approvals";

#[async_trait]
impl ApprovalStore for RedisStore {
    async fn put_approval(&self, approval: &Approval) -> Result<bool> {
        self.put_row(TABLE, approval.id.as_str(), approval.version, approval.due, approval).await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>> {
        let found: Option<Approval> = self.row_at(TABLE, id.as_str()).await?;
        Ok(found.filter(|approval| approval.id == *id))
    }

    async fn approvals(&self, after: Option<&ApprovalId>, limit: u64) -> Result<Vec<Approval>> {
        self.rows_after(TABLE, after.map(ApprovalId::as_str), limit).await
    }

    async fn due_approvals(&self, now: Timestamp, limit: u64) -> Result<Vec<Approval>> {
        self.due_rows(TABLE, now, limit).await
    }

    async fn put_held_delivery(&self, record: &DeliveryRecord, approval: &Approval) -> Result<bool> {
        let mut call = self.call(&PUT_HELD);
        let due = record.due.map(|due| due.as_millis().to_string()).unwrap_or_default();
        call.arg("deliveries").arg(record.id.as_str()).arg(record.version).arg(due);
        call.arg(serde_json::to_string(record).map_err(corrupt)?);
        call.arg(TABLE).arg(approval.id.as_str()).arg(approval.version);
        Ok(reply::int(self.ask(&PUT_HELD, &call).await?)? == 1)
    }
}

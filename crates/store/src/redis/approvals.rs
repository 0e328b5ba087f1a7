//! What waits for a person.

use async_trait::async_trait;
use checkmate_domain::{Approval, ApprovalId, DeliveryRecord, Timestamp};

use super::store::{RedisStore, Result};
use crate::approvals::ApprovalStore;

#[async_trait]
impl ApprovalStore for RedisStore {
    async fn put_approval(&self, approval: Approval) -> Result<Option<Approval>> {
        self.put_row(approval).await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>> {
        self.row_of(id.as_str()).await
    }

    async fn approvals(&self, after: Option<&ApprovalId>, limit: u64) -> Result<Vec<Approval>> {
        self.rows_after(after.map(ApprovalId::as_str), limit).await
    }

    async fn due_approvals(&self, now: Timestamp, limit: u64) -> Result<Vec<Approval>> {
        self.due_rows(now, limit).await
    }

    async fn put_held_delivery(
        &self,
        record: DeliveryRecord,
        approval: &Approval,
    ) -> Result<Option<DeliveryRecord>> {
        self.put_held_row(record, approval).await
    }
}

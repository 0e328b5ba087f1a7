//! The ledger of deliveries.

use async_trait::async_trait;
use checkmate_domain::{DeliveryId, DeliveryRecord, ScanId, Timestamp};

use super::error::corrupt;
use super::script::{MARK_PLANNED, NOTE_UNPLANNED, UNPLANNED};
use super::store::{RedisStore, Result};
use crate::ledger::{LedgerStore, Unplanned};

#[async_trait]
impl LedgerStore for RedisStore {
    async fn put_delivery(&self, record: DeliveryRecord) -> Result<Option<DeliveryRecord>> {
        self.put_row(record).await
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRecord>> {
        self.row_of(id.as_str()).await
    }

    async fn due_deliveries(&self, now: Timestamp, limit: u64) -> Result<Vec<DeliveryRecord>> {
        self.due_rows(now, limit).await
    }

    async fn deliveries(&self, after: Option<&DeliveryId>, limit: u64) -> Result<Vec<DeliveryRecord>> {
        self.rows_after(after.map(DeliveryId::as_str), limit).await
    }

    async fn note_unplanned(&self, scan: &ScanId) -> Result<()> {
        let mut call = self.call(&NOTE_UNPLANNED);
        call.arg(scan.as_str());
        self.ask(&NOTE_UNPLANNED, &call).await.map(drop)
    }

    async fn unplanned(&self, limit: u64) -> Result<Vec<Unplanned>> {
        let mut call = self.call(&UNPLANNED);
        call.arg(limit);
        let mut answer = self.ask_list(&UNPLANNED, &call).await?;
        let mut noted = Vec::new();
        while !answer.is_empty() {
            let scan = ScanId::new(answer.text()?).map_err(corrupt)?;
            noted.push(Unplanned { scan, mark: u64::try_from(answer.int()?).map_err(corrupt)? });
        }
        Ok(noted)
    }

    async fn mark_planned(&self, planned: &Unplanned) -> Result<()> {
        let mut call = self.call(&MARK_PLANNED);
        call.arg(planned.scan.as_str()).arg(planned.mark);
        self.ask(&MARK_PLANNED, &call).await.map(drop)
    }
}

//! The ledger of deliveries.

use async_trait::async_trait;
use checkmate_domain::{DeliveryId, DeliveryRecord, ScanId, Timestamp};

use super::error::corrupt;
use super::records::json;
use super::reply::{self, Items};
use super::script::{DELIVERIES, DUE_DELIVERIES, MARK_PLANNED, NOTE_UNPLANNED, PUT_DELIVERY, UNPLANNED};
use super::store::{RedisStore, Result};
use crate::ledger::{LedgerStore, Unplanned};

fn records(items: Items) -> Result<Vec<DeliveryRecord>> {
    items.each(|value| json(&reply::bytes(value)?))
}

#[async_trait]
impl LedgerStore for RedisStore {
    async fn put_delivery(&self, record: &DeliveryRecord) -> Result<bool> {
        let mut call = self.call(&PUT_DELIVERY);
        let due = record.due.map(|due| due.as_millis().to_string()).unwrap_or_default();
        call.arg(record.id.as_str()).arg(record.version).arg(due);
        call.arg(serde_json::to_string(record).map_err(corrupt)?);
        Ok(reply::int(self.ask(&PUT_DELIVERY, &call).await?)? == 1)
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRecord>> {
        let mut call = self.call(&DELIVERIES);
        call.arg(format!("[{id}")).arg(1);
        let found = records(self.ask_list(&DELIVERIES, &call).await?)?;
        Ok(found.into_iter().find(|record| record.id == *id))
    }

    async fn due_deliveries(&self, now: Timestamp, limit: u64) -> Result<Vec<DeliveryRecord>> {
        let mut call = self.call(&DUE_DELIVERIES);
        call.arg(now.as_millis()).arg(limit);
        records(self.ask_list(&DUE_DELIVERIES, &call).await?)
    }

    async fn deliveries(&self, after: Option<&DeliveryId>, limit: u64) -> Result<Vec<DeliveryRecord>> {
        let mut call = self.call(&DELIVERIES);
        call.arg(after.map_or_else(|| "-".to_owned(), |after| format!("({after}"))).arg(limit);
        records(self.ask_list(&DELIVERIES, &call).await?)
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

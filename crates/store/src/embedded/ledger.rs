//! The ledger of deliveries.

use async_trait::async_trait;
use checkmate_domain::{DeliveryId, DeliveryRecord, ScanId, Timestamp};
use rusqlite::{Connection, params};

use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, run};
use super::rows::put_due;
use super::scans::bound;
use crate::ledger::{LedgerStore, Unplanned};

pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS deliveries (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  due     INTEGER,
  record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due, id) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS unplanned (
  mark INTEGER PRIMARY KEY AUTOINCREMENT,
  scan TEXT NOT NULL UNIQUE
) STRICT;
";

/// Notes a scan anew.
pub(super) fn note_unplanned(db: &Connection, scan: &ScanId) -> Result<()> {
    run(db, "INSERT OR REPLACE INTO unplanned (scan) VALUES (?1)", [scan.as_str()])?;
    Ok(())
}

#[async_trait]
impl LedgerStore for EmbeddedStore {
    async fn put_delivery(&self, record: DeliveryRecord) -> Result<Option<DeliveryRecord>> {
        self.write(move |db| put_due(db, record)).await
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRecord>> {
        self.row_of(id.to_string()).await
    }

    async fn due_deliveries(&self, now: Timestamp, limit: u64) -> Result<Vec<DeliveryRecord>> {
        self.due_rows(now, limit).await
    }

    async fn deliveries(&self, after: Option<&DeliveryId>, limit: u64) -> Result<Vec<DeliveryRecord>> {
        self.rows_after(after.map(ToString::to_string), limit).await
    }

    async fn note_unplanned(&self, scan: &ScanId) -> Result<()> {
        let scan = scan.clone();
        self.write(move |db| note_unplanned(db, &scan)).await
    }

    async fn unplanned(&self, limit: u64) -> Result<Vec<Unplanned>> {
        let sql = "SELECT scan, mark FROM unplanned ORDER BY mark LIMIT ?1";
        self.read(move |db| {
            many(db, sql, [bound(limit)], |row| {
                let mut fields = Fields::new(row, "unplanned", 0, 0)?;
                Ok(Unplanned { scan: fields.word()?, mark: fields.next()? })
            })
        })
        .await
    }

    async fn mark_planned(&self, planned: &Unplanned) -> Result<()> {
        let Unplanned { scan, mark } = planned.clone();
        self.write(move |db| {
            run(db, "DELETE FROM unplanned WHERE scan = ?1 AND mark = ?2", params![scan.as_str(), mark])?;
            Ok(())
        })
        .await
    }
}

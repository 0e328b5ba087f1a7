//! The ledger of deliveries as it is kept: what should be on the outside, and what is known to be there.

use async_trait::async_trait;
use checkmate_domain::{DeliveryId, DeliveryRecord, ScanId, Timestamp};

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// A scan that is over and whose deliveries are still to be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplanned {
    /// Which.
    pub scan: ScanId,
    /// This one note of it; a later one has another.
    pub mark: u64,
}

/// Keeping the ledger. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Writes a row in place of the version it was read with, which is 0 for one that is new, and gives it another: beyond the
    /// one before, and never given twice, not even when the store lost time. Answers with the row as it stands now, which
    /// whoever goes on with it goes on with; nothing when another version is there: then somebody else was faster, and nothing
    /// is written.
    async fn put_delivery(&self, record: DeliveryRecord) -> Result<Option<DeliveryRecord>>;
    /// One row.
    async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRecord>>;
    /// Rows that something is to be done about at this time, the longest due first.
    async fn due_deliveries(&self, now: Timestamp, limit: u64) -> Result<Vec<DeliveryRecord>>;
    /// Rows after an id, in the order of ids.
    async fn deliveries(&self, after: Option<&DeliveryId>, limit: u64) -> Result<Vec<DeliveryRecord>>;
    /// Notes that deliveries of a scan are to be planned, once more if they were. [`crate::Store::mark_announced`] notes it by
    /// itself, in the transaction that announces the scan for the first time.
    async fn note_unplanned(&self, scan: &ScanId) -> Result<()>;
    /// Scans whose deliveries are to be planned, in the order in which they were noted.
    async fn unplanned(&self, limit: u64) -> Result<Vec<Unplanned>>;
    /// Takes a note away. One that came since stays: what it is about was not planned.
    async fn mark_planned(&self, planned: &Unplanned) -> Result<()>;
}

//! What waits for a person, as it is kept.

use async_trait::async_trait;
use checkmate_domain::{Approval, ApprovalId, DeliveryRecord, Timestamp};

use crate::error::StoreError;

/// Open approvals read in one call.
const MOST: u64 = 10_000;

type Result<T> = std::result::Result<T, StoreError>;

/// Keeping approvals. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// Writes an approval in place of the version it was read with, and gives it another, as
    /// [`crate::LedgerStore::put_delivery`] does with a row. Answers with the approval as it stands now; nothing when another
    /// version is there.
    async fn put_approval(&self, approval: Approval) -> Result<Option<Approval>>;
    /// One approval.
    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>>;
    /// Approvals after an id, in the order of ids.
    async fn approvals(&self, after: Option<&ApprovalId>, limit: u64) -> Result<Vec<Approval>>;
    /// Approvals that something is to be done about at this time, the longest due first.
    async fn due_approvals(&self, now: Timestamp, limit: u64) -> Result<Vec<Approval>>;
    /// Writes a row as [`crate::LedgerStore::put_delivery`] does, and only while the approval that holds it is of this version.
    /// So whoever decides about an approval, and reads the rows then, reads every row that was written to wait for it.
    async fn put_held_delivery(
        &self,
        record: DeliveryRecord,
        approval: &Approval,
    ) -> Result<Option<DeliveryRecord>>;
}

/// Approvals that nobody has decided.
///
/// # Errors
/// When the store does not answer.
pub async fn waiting<S: ApprovalStore + ?Sized>(store: &S) -> Result<Vec<Approval>> {
    // What waits is due when it expires, so all of it is due at last.
    let mut open = store.due_approvals(Timestamp::from_millis(i64::MAX), MOST).await?;
    open.retain(Approval::is_waiting);
    Ok(open)
}

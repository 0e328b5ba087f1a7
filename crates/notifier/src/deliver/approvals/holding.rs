//! Writes rows that an approval may hold.

use checkmate_domain::{Approval, ApprovalId, DeliveryRecord};
use checkmate_store::{Store, StoreError};

use crate::Clock;
use crate::ledger::held::held;

/// A row to be written, and the approval that holds it as it was read.
pub(in crate::deliver) struct Next {
    pub(in crate::deliver) record: DeliveryRecord,
    under: Option<Approval>,
}

impl Next {
    /// A row that nothing holds.
    pub(in crate::deliver) const fn free(record: DeliveryRecord) -> Self {
        Self { record, under: None }
    }
}

/// Who writes them.
pub(in crate::deliver) struct Holding<'a> {
    pub(in crate::deliver) store: &'a dyn Store,
    pub(in crate::deliver) clock: &'a dyn Clock,
    /// What holds all that is made, whatever else was approved about it.
    pub(in crate::deliver) first_use: Option<ApprovalId>,
}

impl Holding<'_> {
    /// A row as an approval has it stand now; nothing while somebody is at it and that cannot be said.
    pub(in crate::deliver) async fn under(
        &self,
        id: &ApprovalId,
        record: DeliveryRecord,
    ) -> Result<Option<Next>, StoreError> {
        let (mut id, mut record) = (id, record);
        loop {
            let Some(approval) = self.store.approval(id).await? else {
                return Err(StoreError::Unavailable(format!("approval {id} is not there")));
            };
            let Some(next) = held(&record, &approval, self.clock.now()) else { return Ok(None) };
            if next.approval.is_some() {
                return Ok(Some(Next { record: next, under: Some(approval) }));
            }
            match &self.first_use {
                Some(first_use) if first_use != id && next.remote.is_none() => {
                    (id, record) = (first_use, next);
                }
                _ => return Ok(Some(Next::free(next))),
            }
        }
    }

    /// A row that somebody is at, and that is to be held by an approval which was refused: it says so from now on, and is looked
    /// at again when they are done. That is noted before the row is written.
    pub(in crate::deliver) async fn while_busy(
        &self,
        id: &ApprovalId,
        record: DeliveryRecord,
    ) -> Result<Option<Next>, StoreError> {
        let Some(approval) = self.store.approval(id).await? else { return Ok(None) };
        let noted = approval.clone().followed(Some(self.clock.now()));
        // Where somebody else was faster the row is not written either: it is under the approval as it was read.
        let under = Some(self.store.put_approval(noted).await?.unwrap_or(approval));
        let record = DeliveryRecord { approval: Some(id.clone()), ..record };
        Ok(Some(Next { record, under }))
    }

    /// Writes a row; false when somebody else was faster, or the approval is another one by now.
    pub(in crate::deliver) async fn put(&self, next: Next) -> Result<bool, StoreError> {
        let record = DeliveryRecord { changed_at: self.clock.now(), ..next.record };
        let written = match &next.under {
            Some(approval) => self.store.put_held_delivery(record, approval).await?,
            None => self.store.put_delivery(record).await?,
        };
        Ok(written.is_some())
    }
}

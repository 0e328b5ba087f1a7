//! A row of the ledger in the hands of one sender.

use checkmate_domain::DeliveryRecord;
use checkmate_store::{LedgerStore, StoreError};

/// Times a write is tried anew because the row should look otherwise by now.
const TRIES: usize = 5;

/// A row that was taken.
pub(crate) struct Row<'a> {
    store: &'a dyn LedgerStore,
    record: DeliveryRecord,
}

impl<'a> Row<'a> {
    /// Takes it; nothing when somebody else was faster.
    pub(crate) async fn take(
        store: &'a dyn LedgerStore,
        record: DeliveryRecord,
    ) -> Result<Option<Self>, StoreError> {
        let taken = store.put_delivery(record).await?;
        Ok(taken.map(|record| Self { store, record }))
    }

    pub(crate) const fn record(&self) -> &DeliveryRecord {
        &self.record
    }

    pub(crate) fn into_record(self) -> DeliveryRecord {
        self.record
    }

    /// Writes what became of it. False when the row is somebody else's by now: then only the vendor's name of it is written
    /// down, if nobody knows it, as nothing else would lead to it.
    pub(crate) async fn write(
        &mut self,
        change: impl Fn(&DeliveryRecord) -> DeliveryRecord,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let next = change(&self.record);
            let remote = next.remote.clone();
            if let Some(written) = self.store.put_delivery(next).await? {
                self.record = written;
                return Ok(true);
            }
            let Some(there) = self.store.delivery(&self.record.id).await? else { return Ok(false) };
            if !same_turn(&there, &self.record) {
                self.leave_name(there, remote).await?;
                return Ok(false);
            }
            self.record = DeliveryRecord {
                remote: self.record.remote.take().or_else(|| there.remote.clone()),
                sent: self.record.sent.take(),
                ..there
            };
        }
        Ok(false)
    }

    async fn leave_name(&self, there: DeliveryRecord, remote: Option<String>) -> Result<(), StoreError> {
        if there.remote.is_none() && remote.is_some() {
            self.store.put_delivery(DeliveryRecord { remote, ..there }).await?;
        }
        Ok(())
    }
}

/// Whether only the wanted look has changed.
fn same_turn(there: &DeliveryRecord, own: &DeliveryRecord) -> bool {
    (there.state, there.due, there.attempts, there.looks) == (own.state, own.due, own.attempts, own.looks)
}

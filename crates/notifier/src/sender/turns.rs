//! A turn: a row is taken, something is done, and what came of it is written.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};
use checkmate_store::{LedgerStore, StoreError};

use super::row::Row;
use super::trouble::Trouble;
use crate::Clock;
use crate::ledger::{self, Looked, Promise, Sent, Step, Times};

/// What came of a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It was not due.
    NotDue,
    /// Somebody else has it, or had it before this turn was over.
    Overtaken,
    /// The row as it stands.
    Over(Box<DeliveryRecord>),
}

/// What came of taking a row.
pub(crate) enum Taken<'a> {
    /// It is ours, this is next about it, and then the turn is over.
    Ours(Box<Row<'a>>, Step, Timestamp),
    /// There is nothing to do.
    Not(Turn),
}

/// The turns of one channel.
pub(crate) struct Turns {
    promise: Promise,
    times: Times,
    store: Arc<dyn LedgerStore>,
    clock: Arc<dyn Clock>,
    /// What is delivered, for a person.
    what: &'static str,
}

impl Turns {
    pub(crate) fn new(
        what: &'static str,
        promise: Promise,
        times: Times,
        store: Arc<dyn LedgerStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { promise, times, store, clock, what }
    }

    pub(crate) fn store(&self) -> &dyn LedgerStore {
        &*self.store
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) const fn times(&self) -> &Times {
        &self.times
    }

    /// Takes a row that is due. `look` is what goes out, whatever the row has come to want; where none is given, it is what
    /// the row wants now.
    pub(crate) async fn take(
        &self,
        record: &DeliveryRecord,
        look: Option<&str>,
    ) -> Result<Taken<'_>, StoreError> {
        let now = self.clock.now();
        let Some((taken, step)) = ledger::take(record, self.promise, &self.times, now) else {
            return Ok(Taken::Not(Turn::NotDue));
        };
        let sends = step == Step::Send || record.remote.is_some();
        let sent = look.filter(|_| sends).map(str::to_owned).or_else(|| taken.sent.clone());
        let until = taken.due.unwrap_or(now);
        let taken = DeliveryRecord { sent, ..taken };
        Ok(match Row::take(&*self.store, taken).await? {
            Some(row) => Taken::Ours(Box::new(row), step, until),
            None => Taken::Not(Turn::Overtaken),
        })
    }

    /// Takes a row that is due and whose effect is had once at most. What is there stays as it is, however the row has come
    /// to want it: then its turn is over at once.
    pub(crate) async fn take_once(&self, record: &DeliveryRecord) -> Result<Taken<'_>, StoreError> {
        match self.take(record, None).await? {
            Taken::Ours(row, Step::Write, _) => Ok(Taken::Not(self.over(row, true))),
            Taken::Ours(row, ..) if row.record().remote.is_some() => {
                Ok(Taken::Not(self.end(row, Some(Sent::Done(None))).await?))
            }
            taken => Ok(taken),
        }
    }

    /// Writes what came of sending, and ends the turn.
    pub(crate) async fn end(&self, mut row: Box<Row<'_>>, sent: Option<Sent>) -> Result<Turn, StoreError> {
        let ours = self.sent(&mut row, sent).await?;
        Ok(self.over(row, ours))
    }

    /// Ends a turn that was kept or lost.
    pub(crate) fn over(&self, row: Box<Row<'_>>, ours: bool) -> Turn {
        if !ours {
            return Turn::Overtaken;
        }
        let record = row.into_record();
        self.told(&record);
        Turn::Over(Box::new(record))
    }

    /// Writes down what the vendor calls it, and what it is being brought to.
    pub(crate) async fn adopt(&self, row: &mut Row<'_>, name: &str, look: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        row.write(|record| DeliveryRecord {
            remote: Some(name.to_owned()),
            sent: Some(look.to_owned()),
            changed_at: now,
            ..record.clone()
        })
        .await
    }

    /// Writes what came of sending; nothing where the turn was over before anything was sent, as the row falls due by itself.
    pub(crate) async fn sent(&self, row: &mut Row<'_>, sent: Option<Sent>) -> Result<bool, StoreError> {
        let Some(sent) = sent else { return Ok(false) };
        let (times, now) = (&self.times, self.clock.now());
        row.write(|record| ledger::sent(record, self.promise, times, sent.clone(), now)).await
    }

    /// Writes what came of changing what is there, called so for a person.
    pub(crate) async fn changed(
        &self,
        row: &mut Row<'_>,
        remote: &str,
        called: &str,
        outcome: Result<(), Trouble>,
    ) -> Result<bool, StoreError> {
        let clear = self.times.looks.first().copied();
        let sent = match outcome {
            Ok(()) => Some(Sent::Done(Some(remote.to_owned()))),
            Err(trouble) => trouble.of_change(called, clear),
        };
        self.sent(row, sent).await
    }

    /// Writes that nobody could look. The row stays as it is: parked, it would be sent again.
    pub(crate) async fn unseen(&self, row: &mut Row<'_>, trouble: &Trouble) -> Result<bool, StoreError> {
        let wait = trouble.wait(self.times.again_at_most);
        self.looked(row, Looked::Failed(trouble.to_string()), wait).await
    }

    /// Writes what came of looking; not before `wait` the next time, where somebody asks for that.
    pub(crate) async fn looked(
        &self,
        row: &mut Row<'_>,
        looked: Looked,
        wait: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let (times, now) = (&self.times, self.clock.now());
        row.write(|record| {
            let next = ledger::looked(record, self.promise, times, looked.clone(), now);
            DeliveryRecord { due: wait.map_or(next.due, |wait| Some(now.plus(wait))), ..next }
        })
        .await
    }

    /// What a person has to act on is told at once.
    fn told(&self, record: &DeliveryRecord) {
        let (id, state, what) = (record.id.as_str(), record.state.as_str(), self.what);
        let reason = record.why.as_deref().unwrap_or_default();
        match record.state {
            DeliveryState::Failed | DeliveryState::Parked => {
                tracing::warn!(delivery.id = id, delivery.state = state, reason, "{what} not delivered");
            }
            DeliveryState::Unconfirmed => {
                tracing::warn!(delivery.id = id, delivery.state = state, reason, "{what} perhaps delivered");
            }
            _ => tracing::debug!(delivery.id = id, delivery.state = state, reason, "{what}"),
        }
    }
}

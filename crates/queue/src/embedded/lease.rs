//! Leases and their verdicts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_sqlite::DbError;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::clock::{Micros, micros};
use super::shared::Shared;
use super::table::{self, Key, Stored};
use crate::contract::{Death, Lease, Settle, Settled};
use crate::names::{HEADER_REASON, Queue};

/// A message in somebody's hands. Dropped unsettled, it goes back.
pub(super) struct EmbeddedLease {
    hold: Hold,
    lost: CancellationToken,
}

impl EmbeddedLease {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: Queue,
        lease: u64,
        seq: i64,
        lost: CancellationToken,
    ) -> Self {
        Self { hold: Hold { shared, queue, lease, seq, open: true }, lost }
    }
}

#[async_trait]
impl Lease for EmbeddedLease {
    async fn settle(self: Box<Self>, settle: Settle) -> Settled {
        let hold = self.hold;
        if !hold.shared.lock().queue(hold.queue).begin_settling(hold.lease) {
            return Settled::LeaseLost;
        }
        match settle {
            Settle::Done => done(hold).await,
            Settle::Later { after, reason } => put_off(hold, after, reason).await,
            Settle::Dead { reason } => bury(hold, reason).await,
            Settle::Requeue => Settled::Accepted,
        }
    }

    fn lost(&self) -> CancellationToken {
        self.lost.clone()
    }
}

/// The duty to end a lease: by a verdict that is committed, or by putting the message back.
struct Hold {
    shared: Arc<Shared>,
    queue: Queue,
    lease: u64,
    seq: i64,
    open: bool,
}

impl Hold {
    fn stored(&self) -> Option<Stored> {
        self.shared.lock().queue(self.queue).stored(self.lease)
    }

    /// Writes the verdict and then tells the index.
    async fn write<R: Send + 'static>(
        self,
        write: impl FnOnce(&Connection, &Shared) -> Result<R, DbError> + Send + 'static,
        then: impl FnOnce(&Shared, R) + Send + 'static,
    ) -> Settled {
        let (caller, writer) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        let write = move |connection: &Connection| write(connection, &writer);
        let answer = caller.db.write_then(write, move |written| self.end(written, then)).await;
        answer.unwrap_or_else(|error| Settled::Failed(error.to_string()))
    }

    /// Ends the lease if the write succeeded; else the message goes back with the drop.
    fn end<R>(mut self, written: Result<R, DbError>, how: impl FnOnce(&Shared, R)) -> Settled {
        self.shared.note(&written);
        match written {
            Ok(written) => {
                self.open = false;
                how(&self.shared, written);
                Settled::Accepted
            }
            Err(error) => Settled::Failed(error.to_string()),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.open {
            self.shared.put_back(self.queue, self.lease);
        }
    }
}

async fn done(hold: Hold) -> Settled {
    let (queue, lease, seq) = (hold.queue, hold.lease, hold.seq);
    let delete = move |connection: &Connection, _: &Shared| table::delete(connection, seq);
    hold.write(delete, move |shared, ()| shared.lock().queue(queue).gone(lease)).await
}

async fn put_off(hold: Hold, after: Duration, reason: String) -> Settled {
    let (queue, lease, seq) = (hold.queue, hold.lease, hold.seq);
    let Some(stored) = hold.stored() else { return Settled::LeaseLost };
    let (delay, cause, mut headers) = (micros(after), stored.message.cause, stored.message.headers);
    headers.insert(HEADER_REASON.to_owned(), reason);
    let postpone = move |connection: &Connection, shared: &Shared| {
        let at: Micros = shared.clock.tick().saturating_add(delay);
        table::put_off(connection, seq, at, delay, cause, &headers).map(|()| at)
    };
    let tell = move |shared: &Shared, at| {
        shared.lock().queue(queue).put_off(lease, at);
        shared.poke.notify_one();
    };
    hold.write(postpone, tell).await
}

async fn bury(hold: Hold, reason: String) -> Settled {
    let (queue, lease) = (hold.queue, hold.lease);
    let Some(mut stored) = hold.stored() else { return Settled::LeaseLost };
    die(&mut stored, reason, false);
    let tell = move |shared: &Shared, stored| {
        shared.lock().queue(queue).gone(lease);
        shared.arrived(vec![stored]);
    };
    hold.write(move |connection, shared| write_death(connection, shared, stored), tell).await
}

/// What a message becomes on the dead queue. One that is dead already keeps its first death.
pub(super) fn die(stored: &mut Stored, reason: String, by_broker: bool) {
    let message = &mut stored.message;
    let queue = message.queue.name().to_owned();
    message.death.get_or_insert(Death { queue, reason, by_broker });
    message.queue = Queue::Dead;
    message.redelivered = false;
}

/// Moves the row; on the writer thread.
pub(super) fn write_death(
    connection: &Connection,
    shared: &Shared,
    mut stored: Stored,
) -> Result<Stored, DbError> {
    stored.key = Key { at: shared.clock.tick(), seq: stored.key.seq };
    if let Some(death) = &stored.message.death {
        table::bury(connection, stored.key.seq, stored.key.at, death)?;
    }
    Ok(stored)
}

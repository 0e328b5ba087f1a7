//! What the broker's handles, consumers, leases and pump share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use checkmate_sqlite::{Db, DbError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::EmbeddedConfig;
use super::clock::Clock;
use super::index::Index;
use super::table::{Key, Stored, Total};
use crate::names::Queue;

pub(super) struct Shared {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) config: EmbeddedConfig,
    /// Messages up to here were stored by an earlier process.
    pub(super) old: i64,
    /// The pump has something to look at.
    pub(super) poke: Notify,
    last_seq: AtomicI64,
    last_lease: AtomicU64,
    state: Mutex<State>,
}

/// Changed under one short lock; never held over an await or a database call.
#[derive(Default)]
pub(super) struct State {
    queues: BTreeMap<Queue, Index>,
    pub(super) closed: bool,
    /// When the pump wakes by itself.
    pub(super) armed: Option<Instant>,
    /// Why the last write failed, until one succeeds.
    pub(super) trouble: Option<String>,
}

impl State {
    pub(super) fn queue(&mut self, queue: Queue) -> &mut Index {
        self.queues.entry(queue).or_insert_with(|| Index::new(Total::default()))
    }

    pub(super) fn queues(&mut self) -> impl Iterator<Item = (Queue, &mut Index)> {
        self.queues.iter_mut().map(|(queue, index)| (*queue, index))
    }
}

/// What `take` found.
pub(super) enum Taken {
    One { lease: u64, stored: Box<Stored>, lost: CancellationToken },
    Nothing,
    Closed,
}

impl Shared {
    pub(super) fn new(
        db: Db,
        clock: Clock,
        config: EmbeddedConfig,
        totals: BTreeMap<Queue, Total>,
        old: i64,
    ) -> Self {
        let queues = totals.into_iter().map(|(queue, total)| (queue, Index::new(total))).collect();
        Self {
            db,
            clock,
            config,
            old,
            poke: Notify::new(),
            last_seq: AtomicI64::new(old),
            last_lease: AtomicU64::new(0),
            state: Mutex::new(State { queues, ..State::default() }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place behind everything. Called on the writer thread only, so that the order of places is that of the commits.
    pub(super) fn next_key(&self) -> Key {
        Key { at: self.clock.tick(), seq: self.last_seq.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    /// Leases the next message of a queue to a consumer that may hold `prefetch`.
    pub(super) fn take(&self, queue: Queue, prefetch: usize, holder: &Arc<AtomicUsize>) -> Taken {
        let mut state = self.lock();
        if state.closed {
            return Taken::Closed;
        }
        if holder.load(Ordering::Relaxed) >= prefetch {
            return Taken::Nothing;
        }
        let lease = self.last_lease.fetch_add(1, Ordering::Relaxed) + 1;
        let expires = Instant::now() + self.config.lease_timeout;
        let index = state.queue(queue);
        let taken = index.lease(lease, expires, holder);
        let pump = index.wants_page(self.clock.now()).is_some()
            || (taken.is_some() && state.armed.is_none_or(|armed| expires < armed));
        drop(state);
        if pump {
            self.poke.notify_one();
        }
        taken.map_or(Taken::Nothing, |(stored, lost)| Taken::One { lease, stored: Box::new(stored), lost })
    }

    /// Takes leases away: those of all queues that are over at `now`, or every one.
    pub(super) fn revoke(&self, now: Option<Instant>) {
        let mut lost = Vec::new();
        let most = self.config.delivery_limit;
        for (_, index) in self.lock().queues() {
            for lease in index.expired(now) {
                lost.extend(index.put_back(lease, most));
            }
        }
        if lost.is_empty() {
            return;
        }
        // Told outside the lock: whoever is woken may come straight back here.
        lost.iter().for_each(CancellationToken::cancel);
        self.poke.notify_one();
    }

    /// Its holder puts a message back.
    pub(super) fn put_back(&self, queue: Queue, lease: u64) {
        self.lock().queue(queue).put_back(lease, self.config.delivery_limit);
        self.poke.notify_one();
    }

    /// Ends all leases and consumers.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.revoke(None);
        for (_, index) in self.lock().queues() {
            index.wake().notify_waiters();
        }
    }

    /// Messages were committed to the end of their queues.
    pub(super) fn arrived(&self, messages: Vec<Stored>) {
        let mut state = self.lock();
        let mut pump = false;
        for stored in messages {
            let index = state.queue(stored.message.queue);
            index.arrived(stored);
            pump |= index.wants_page(self.clock.now()).is_some();
        }
        drop(state);
        if pump {
            self.poke.notify_one();
        }
    }

    /// Remembers how the last write went.
    pub(super) fn note<R>(&self, result: &Result<R, DbError>) {
        let mut state = self.lock();
        match result {
            Ok(_) => state.trouble = None,
            Err(error) => state.trouble = Some(error.to_string()),
        }
    }
}

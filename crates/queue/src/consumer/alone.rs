//! Running alone: what may take the process down gets it for itself, so that it takes no neighbour along.
//!
//! Every job holds one share. Whoever wants to be alone first gives its own share back and then asks for all of them; the
//! shares are given out in the order of asking, so several who ask get their turn one after the other, and nobody waits
//! for a share held by somebody who waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The shares of one loop.
pub(super) struct Gate {
    shares: Arc<Semaphore>,
    all: u32,
    wanting: AtomicUsize,
    changed: Notify,
}

impl Gate {
    pub(super) fn new(slots: u16) -> Arc<Self> {
        Arc::new(Self {
            shares: Arc::new(Semaphore::new(usize::from(slots))),
            all: u32::from(slots),
            wanting: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    /// Whether new work may be taken: nobody is alone or wants to be.
    pub(super) fn is_open(&self) -> bool {
        self.wanting.load(Ordering::Acquire) == 0
    }

    /// Fires when that may have changed. For one listener.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The share of a job that begins; waits while another runs alone.
    pub(super) async fn enter(&self) -> Share {
        let permit = Arc::clone(&self.shares).acquire_owned().await.ok();
        Share { held: Mutex::new(Held { permit, depth: 0 }) }
    }
}

/// What one job holds.
pub(super) struct Share {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    permit: Option<OwnedSemaphorePermit>,
    depth: usize,
}

impl Share {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other job runs.
    pub(super) async fn alone<'a>(&'a self, gate: &'a Gate) -> Alone<'a> {
        if self.deepen() {
            return Alone { share: self, _wanting: None };
        }
        let wanting = Wanting::announce(gate);
        drop(self.lock().permit.take());
        let all = Arc::clone(&gate.shares).acquire_many_owned(gate.all).await.ok();
        *self.lock() = Held { permit: all, depth: 1 };
        Alone { share: self, _wanting: Some(wanting) }
    }

    fn deepen(&self) -> bool {
        let mut held = self.lock();
        if held.depth > 0 {
            held.depth += 1;
        }
        held.depth > 0
    }

    fn leave(&self) {
        let mut held = self.lock();
        held.depth = held.depth.saturating_sub(1);
        if held.depth == 0 {
            held.permit = held.permit.take().and_then(|mut all| all.split(1));
        }
    }
}

/// No other job of this loop runs while this lives.
#[must_use = "others run again as soon as this is dropped"]
pub struct Alone<'a> {
    share: &'a Share,
    _wanting: Option<Wanting<'a>>,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.share.leave();
    }
}

/// Keeps the loop from taking new work.
struct Wanting<'a> {
    gate: &'a Gate,
}

impl<'a> Wanting<'a> {
    fn announce(gate: &'a Gate) -> Self {
        gate.wanting.fetch_add(1, Ordering::AcqRel);
        gate.changed.notify_one();
        Self { gate }
    }
}

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.gate.wanting.fetch_sub(1, Ordering::AcqRel);
        self.gate.changed.notify_one();
    }
}

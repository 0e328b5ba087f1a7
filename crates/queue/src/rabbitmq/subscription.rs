//! What a consumer and its leases share: one channel, and the knowledge whether it is still alive.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lapin::{Acker, Channel};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::publisher::Publisher;
use crate::names::Queue;

/// Lives as long as the consumer or a lease of it; the channel closes with it.
pub(super) struct Subscription {
    pub(super) queue: Queue,
    pub(super) prefetch: u16,
    pub(super) channel: Channel,
    pub(super) publisher: Publisher,
    pub(super) answer_timeout: Duration,
    /// Fires when the channel is gone: every lease on it is lost.
    pub(super) dead: CancellationToken,
    /// Takes messages back whose lease was dropped unsettled.
    give_back: mpsc::Sender<Acker>,
    why: Mutex<Option<String>>,
    leases: AtomicU32,
    begun: Instant,
    /// Milliseconds since `begun` at which somebody began to wait for a message; 0 when nobody waits.
    waiting_since: AtomicU64,
}

impl Subscription {
    /// The subscription and where dropped leases arrive.
    pub(super) fn new(
        queue: Queue,
        prefetch: u16,
        channel: Channel,
        publisher: Publisher,
        answer_timeout: Duration,
    ) -> (Arc<Self>, mpsc::Receiver<Acker>) {
        let (give_back, dropped) = mpsc::channel(usize::from(prefetch).max(1));
        let subscription = Self {
            queue,
            prefetch,
            channel,
            publisher,
            answer_timeout,
            dead: CancellationToken::new(),
            give_back,
            why: Mutex::new(None),
            leases: AtomicU32::new(0),
            begun: Instant::now(),
            waiting_since: AtomicU64::new(0),
        };
        (Arc::new(subscription), dropped)
    }

    /// Declares it dead; the first reason stays.
    pub(super) fn end(&self, why: Option<String>) {
        if let Some(why) = why {
            self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        }
        self.dead.cancel();
    }

    pub(super) fn why(&self) -> Option<String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn lease_taken(&self) {
        self.leases.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lease_ended(&self) {
        self.leases.fetch_sub(1, Ordering::Relaxed);
    }

    /// A dropped lease: there is room for each, as there are no more leases than prefetched messages.
    pub(super) fn give_back(&self, acker: Acker) {
        let _ = self.give_back.try_send(acker);
    }

    /// Marks that somebody waits for a message, until the guard is dropped.
    pub(super) fn wait(&self) -> Waiting<'_> {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.waiting_since.store(now.max(1), Ordering::Relaxed);
        Waiting(self)
    }

    /// For how long somebody has been waiting although the broker may send: then nothing is buffered here either, and a
    /// message that waits on the broker means that this subscription is dead.
    pub(super) fn starving(&self) -> Duration {
        let since = self.waiting_since.load(Ordering::Relaxed);
        if since == 0 || self.leases.load(Ordering::Relaxed) >= u32::from(self.prefetch) {
            return Duration::ZERO;
        }
        self.begun.elapsed().saturating_sub(Duration::from_millis(since))
    }
}

/// See [`Subscription::wait`].
pub(super) struct Waiting<'a>(&'a Subscription);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting_since.store(0, Ordering::Relaxed);
    }
}

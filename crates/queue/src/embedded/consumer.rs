//! A subscription. Nothing is buffered here: each message is leased when it is asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::lease::EmbeddedLease;
use super::shared::{Shared, Taken};
use crate::contract::{Consumer, Delivery};
use crate::names::Queue;

pub(super) struct EmbeddedConsumer {
    shared: Arc<Shared>,
    queue: Queue,
    prefetch: usize,
    held: Arc<AtomicUsize>,
    wake: Arc<Notify>,
    stopped: bool,
    closed: bool,
}

impl EmbeddedConsumer {
    pub(super) fn new(shared: Arc<Shared>, queue: Queue, prefetch: u16) -> Self {
        let wake = {
            let mut state = shared.lock();
            let index = state.queue(queue);
            index.add_consumer();
            index.wake()
        };
        shared.poke.notify_one();
        let held = Arc::new(AtomicUsize::new(0));
        Self {
            shared,
            queue,
            prefetch: usize::from(prefetch.max(1)),
            held,
            wake,
            stopped: false,
            closed: false,
        }
    }

    fn unsubscribe(&mut self) {
        if !std::mem::replace(&mut self.stopped, true) {
            self.shared.lock().queue(self.queue).remove_consumer();
        }
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        let wake = Arc::clone(&self.wake);
        while !self.stopped {
            // Registered before looking, so that what comes in between is not missed.
            let mut woken = std::pin::pin!(wake.notified());
            woken.as_mut().enable();
            if let Some(delivery) = self.ready() {
                return Some(delivery);
            }
            if self.closed {
                return None;
            }
            woken.await;
        }
        None
    }

    fn ready(&mut self) -> Option<Delivery> {
        if self.stopped {
            return None;
        }
        match self.shared.take(self.queue, self.prefetch, &self.held) {
            Taken::One { lease, stored, lost } => {
                let lease =
                    EmbeddedLease::new(Arc::clone(&self.shared), self.queue, lease, stored.key.seq, lost);
                Some(Delivery { message: stored.message, lease: Box::new(lease) })
            }
            Taken::Nothing => None,
            Taken::Closed => {
                self.closed = true;
                None
            }
        }
    }

    async fn stop(&mut self) {
        self.unsubscribe();
    }

    fn ended_because(&self) -> Option<String> {
        self.closed.then(|| "the embedded broker was closed".to_owned())
    }
}

impl Drop for EmbeddedConsumer {
    fn drop(&mut self) {
        self.unsubscribe();
    }
}

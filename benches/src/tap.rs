//! A broker that tells what is published through it: how often, what, and when a scan's end was announced.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use checkmate_queue::{Broker, BrokerError, Consumer, Depth, Destination, Outgoing, PublishError, Queue};
use futures::future::BoxFuture;
use tokio::sync::Notify;

/// The type of the event that ends a scan.
const FINISHED: &str = "checkmate.scan.finished";

/// Passes everything on.
pub struct Tap {
    inner: Arc<dyn Broker>,
    batches: AtomicUsize,
    messages: AtomicUsize,
    kept: Option<Mutex<HashMap<String, Outgoing>>>,
    finished: Notify,
}

impl Tap {
    /// Counts.
    #[must_use]
    pub fn new(inner: Arc<dyn Broker>) -> Arc<Self> {
        Arc::new(Self::over(inner, None))
    }

    /// Counts and keeps every message by its id.
    #[must_use]
    pub fn keeping(inner: Arc<dyn Broker>) -> Arc<Self> {
        Arc::new(Self::over(inner, Some(Mutex::default())))
    }

    fn over(inner: Arc<dyn Broker>, kept: Option<Mutex<HashMap<String, Outgoing>>>) -> Self {
        Self {
            inner,
            batches: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
            kept,
            finished: Notify::new(),
        }
    }

    /// Returns when the end of a scan was announced, once for each.
    pub async fn finished(&self) {
        self.finished.notified().await;
    }

    /// How many batches and messages were published.
    #[must_use]
    pub fn published(&self) -> (usize, usize) {
        (self.batches.load(Ordering::Relaxed), self.messages.load(Ordering::Relaxed))
    }

    /// What was kept, by id.
    #[must_use]
    pub fn take_kept(&self) -> HashMap<String, Outgoing> {
        let take =
            |kept: &Mutex<_>| std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        self.kept.as_ref().map(take).unwrap_or_default()
    }
}

#[async_trait]
impl Broker for Tap {
    // In the words of `async_trait`, so that what ends no scan needs no future of ours around the broker's.
    fn publish<'a, 'b>(&'a self, messages: Vec<Outgoing>) -> BoxFuture<'b, Result<(), PublishError>>
    where
        'a: 'b,
        Self: 'b,
    {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.messages.fetch_add(messages.len(), Ordering::Relaxed);
        let ends =
            |message: &Outgoing| matches!(&message.to, Destination::Event { kind, .. } if kind == FINISHED);
        let last = messages.iter().any(ends);
        if let Some(kept) = &self.kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(messages.iter().map(|message| (message.id.clone(), message.clone())));
        }
        let published = self.inner.publish(messages);
        if !last {
            return published;
        }
        Box::pin(async move {
            published.await?;
            self.finished.notify_one();
            Ok(())
        })
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        self.inner.consume(queue, prefetch).await
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.inner.depth(queue).await
    }

    fn take_created(&self) -> Vec<Queue> {
        self.inner.take_created()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        self.inner.ready().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

//! One subscription as the contract wants it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{FutureExt, StreamExt};
use lapin::Channel;
use lapin::message::Delivery as Raw;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::FieldTable;

use super::explain;
use super::lease::RabbitLease;
use super::subscription::Subscription;
use super::wire;
use crate::contract::{Consumer, Delivery, Message};

/// A subscription to one queue on a channel of its own.
pub(super) struct RabbitConsumer {
    subscription: Arc<Subscription>,
    stream: Option<lapin::Consumer>,
}

/// Asks for messages, `prefetch` at most unsettled at a time.
pub(super) async fn subscribe(
    channel: &Channel,
    queue: &str,
    prefetch: u16,
) -> lapin::Result<lapin::Consumer> {
    // Per consumer: quorum queues refuse the global kind and close the connection over it.
    channel.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
    let options = BasicConsumeOptions::default();
    channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await
}

impl RabbitConsumer {
    pub(super) fn new(subscription: Arc<Subscription>, stream: lapin::Consumer) -> Self {
        Self { subscription, stream: Some(stream) }
    }

    fn end(&mut self, why: String) {
        self.stream = None;
        self.subscription.end(Some(why));
    }

    /// What the broker said when it closed the channel, if it said anything.
    fn last_words(&mut self) -> Option<String> {
        let stream = self.stream.as_mut()?;
        loop {
            match stream.next().now_or_never()?? {
                Ok(_) => {}
                Err(error) => return Some(explain::consumer_end(self.subscription.queue.name(), &error)),
            }
        }
    }

    /// The message in what the stream gave. After the stream's end there is none any more.
    fn taken(&mut self, item: Option<lapin::Result<Raw>>) -> Option<Delivery> {
        let queue = self.subscription.queue.name();
        match item {
            // Delivered on a channel that has died since: it is not ours any more and comes again.
            Some(Ok(raw)) if raw.acker.poisoned() => {}
            Some(Ok(raw)) => return Some(self.delivery(raw)),
            Some(Err(error)) => self.end(explain::consumer_end(queue, &error)),
            None => self.end(explain::consumer_cancelled(queue)),
        }
        None
    }

    fn delivery(&self, raw: Raw) -> Delivery {
        let Raw { redelivered, properties, data, acker, .. } = raw;
        let body: Arc<[u8]> = data.into();
        let (cause, headers) = wire::headers(&properties);
        let message = Message {
            id: properties.message_id().as_ref().map(|id| id.as_str().to_owned()),
            queue: self.subscription.queue,
            body: Arc::clone(&body),
            cause,
            headers,
            redelivered,
            user_id: properties.user_id().as_ref().map(|user| user.as_str().to_owned()),
            death: wire::death(self.subscription.queue, &properties),
        };
        let lease = RabbitLease::new(Arc::clone(&self.subscription), acker, properties, body);
        Delivery { message, lease: Box::new(lease) }
    }

    /// What was sent here and taken by nobody goes back.
    async fn give_back(&mut self, mut stream: lapin::Consumer) {
        let requeue = BasicNackOptions { multiple: false, requeue: true };
        while let Some(Ok(raw)) = stream.next().await {
            let _ = raw.acker.nack(requeue).await;
        }
    }
}

#[async_trait]
impl Consumer for RabbitConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        let subscription = Arc::clone(&self.subscription);
        let _waiting = subscription.wait();
        loop {
            let stream = self.stream.as_mut()?;
            let item = tokio::select! {
                biased;
                () = subscription.dead.cancelled() => {
                    let lost = || format!("{}: the connection was lost", subscription.queue.name());
                    let why = self.last_words().unwrap_or_else(lost);
                    self.end(why);
                    return None;
                }
                item = stream.next() => item,
            };
            if let Some(delivery) = self.taken(item) {
                return Some(delivery);
            }
        }
    }

    fn ready(&mut self) -> Option<Delivery> {
        if self.subscription.dead.is_cancelled() {
            return None;
        }
        let item = self.stream.as_mut()?.next().now_or_never()?;
        self.taken(item)
    }

    async fn stop(&mut self) {
        const AT_MOST: Duration = Duration::from_secs(5);
        let Some(stream) = self.stream.take() else { return };
        let subscription = Arc::clone(&self.subscription);
        let stopping = async {
            let tag = stream.tag();
            if subscription.channel.basic_cancel(tag, BasicCancelOptions::default()).await.is_ok() {
                self.give_back(stream).await;
            }
        };
        if tokio::time::timeout(AT_MOST, stopping).await.is_err() {
            tracing::warn!(queue = %subscription.queue, "the broker did not confirm the end of the consumer");
        }
    }

    fn ended_because(&self) -> Option<String> {
        self.subscription.why()
    }
}

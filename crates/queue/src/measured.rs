//! A broker that counts what is published through it, and says on each message when that was.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use checkmate_service::metrics;

use crate::contract::{Broker, BrokerError, Consumer, Depth, Destination, Message, Outgoing, PublishError};
use crate::names::{HEADER_REASON, Queue};

/// When a message was published, in milliseconds since the Unix epoch.
const HEADER_SENT_AT: &str = "checkmate-sent-at";

/// Passes everything on to the broker inside.
pub struct Measured(Arc<dyn Broker>);

impl Measured {
    /// Measures from now on.
    #[must_use]
    pub fn new(broker: Arc<dyn Broker>) -> Self {
        Self(broker)
    }
}

#[async_trait]
impl Broker for Measured {
    async fn publish(&self, mut messages: Vec<Outgoing>) -> Result<(), PublishError> {
        if !metrics::is_on() {
            return self.0.publish(messages).await;
        }
        let now = Timestamp::now().as_millis().to_string();
        for message in &mut messages {
            message.headers.insert(HEADER_SENT_AT.to_owned(), now.clone());
        }
        let destinations: Vec<&str> = messages.iter().map(|message| destination(&message.to)).collect();
        let began = Instant::now();
        let answer = self.0.publish(messages).await;
        let outcome = outcome(&answer);
        metrics::published(outcome, began.elapsed());
        for destination in destinations {
            metrics::sent(destination, outcome);
        }
        answer
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        self.0.consume(queue, prefetch).await
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.0.depth(queue).await
    }

    fn take_created(&self) -> Vec<Queue> {
        self.0.take_created()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        self.0.ready().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

/// Counts a message that was taken, as in hand until the answer is dropped.
pub(crate) fn consumed(message: &Message) -> metrics::InHand {
    metrics::consumed(message.queue.name(), message.redelivered, waited(message, Timestamp::now()))
}

/// How long a message waited for somebody to take it; unknown when it was put off meanwhile, or nobody said when it was sent.
fn waited(message: &Message, now: Timestamp) -> Option<std::time::Duration> {
    if message.headers.contains_key(HEADER_REASON) || message.death.is_some() {
        return None;
    }
    let sent = message.headers.get(HEADER_SENT_AT)?.parse().ok()?;
    Some(now.since(Timestamp::from_millis(sent)))
}

/// A queue's name, or what an event tells of: only the words of the program.
fn destination(to: &Destination) -> &'static str {
    match to {
        Destination::Work(lane) => Queue::of_lane(*lane).name(),
        Destination::Queue(queue) => queue.name(),
        Destination::Event { must_route: true, .. } => Queue::Results.name(),
        Destination::Event { must_route: false, .. } => crate::names::EXCHANGE_EVENTS,
    }
}

fn outcome(answer: &Result<(), PublishError>) -> &'static str {
    match answer {
        Ok(()) => "confirmed",
        Err(PublishError::Unroutable { .. }) => "unroutable",
        Err(PublishError::Refused { .. }) => "refused",
        Err(PublishError::Unconfirmed { .. }) => "unconfirmed",
        Err(PublishError::Unavailable(_)) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    fn message(headers: &[(&str, &str)]) -> Message {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Message {
            id: None,
            queue: Queue::ScanBulk,
            body: Arc::from(Vec::new()),
            cause: None,
            headers: headers.collect::<BTreeMap<_, _>>(),
            redelivered: false,
            user_id: None,
            death: None,
        }
    }

    #[test]
    fn a_wait_is_known_only_when_nothing_else_is_in_it() {
        let now = Timestamp::from_millis(5_000);
        let wait = |headers: &[(&str, &str)]| waited(&message(headers), now);
        assert_eq!(wait(&[(HEADER_SENT_AT, "3000")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[(HEADER_SENT_AT, "9000")]), Some(Duration::ZERO), "another machine's clock");
        assert_eq!(wait(&[(HEADER_SENT_AT, "3000"), (HEADER_REASON, "later")]), None);
        assert_eq!(wait(&[(HEADER_SENT_AT, "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[tokio::test]
    async fn what_is_published_carries_its_time_and_its_trace() {
        metrics::turn(true);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("queue.db");
        let broker = crate::embedded::EmbeddedBroker::open(&file, crate::embedded::EmbeddedConfig::default());
        let broker = Measured::new(Arc::new(broker.await.unwrap()));
        let cause = checkmate_domain::TraceParent { trace: [1; 16], span: [2; 8], sampled: true };
        let out = Outgoing::new(Destination::Queue(Queue::ScanBulk), "one", b"x".to_vec()).caused_by(cause);
        broker.publish(vec![out]).await.unwrap();
        let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
        let got = consumer.next().await.unwrap().message;
        assert_eq!(got.cause, Some(cause));
        assert!(waited(&got, Timestamp::now()).is_some_and(|waited| waited < Duration::from_secs(60)));
        broker.close().await;
        let text = metrics::exposition();
        assert!(text.contains(
            "messaging_client_sent_messages_total{destination=\"checkmate.scan.bulk\",outcome=\"confirmed\"} 1\n"
        ));
    }
}

//! What must exist on the broker: names and types only. What the queues are set to is policy, in `deploy/rabbitmq/`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::try_join_all;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ExchangeKind};

use super::explain;
use super::wire::retry_exchange;
use crate::contract::BrokerError;
use crate::names::{
    EXCHANGE_DEAD, EXCHANGE_EVENTS, EXCHANGE_REQUESTS, EXCHANGE_WORK, Queue, RESULTS_BINDING, RETRY_LADDER,
};

/// An exchange of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) name: String,
    /// AMQP's word for its type.
    pub(super) kind: &'static str,
}

impl Exchange {
    fn amqp_kind(&self) -> ExchangeKind {
        match self.kind {
            "topic" => ExchangeKind::Topic,
            "fanout" => ExchangeKind::Fanout,
            _ => ExchangeKind::Direct,
        }
    }
}

/// A queue's wish for messages of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) exchange: String,
    pub(super) queue: String,
    pub(super) key: String,
}

/// Every exchange.
pub(super) fn exchanges() -> Vec<Exchange> {
    let named = |name: &str, kind| Exchange { name: name.to_owned(), kind };
    let mut all = vec![
        named(EXCHANGE_WORK, "direct"),
        named(EXCHANGE_EVENTS, "topic"),
        named(EXCHANGE_REQUESTS, "fanout"),
        named(EXCHANGE_DEAD, "fanout"),
    ];
    all.extend(RETRY_LADDER.map(|(level, _)| named(&retry_exchange(level), "fanout")));
    all
}

/// Every queue, the steps of the ladder included.
pub(super) fn queues() -> Vec<String> {
    let ours = Queue::ALL.map(|queue| queue.name().to_owned());
    ours.into_iter().chain(RETRY_LADDER.map(|(level, _)| retry_exchange(level))).collect()
}

/// Every binding.
pub(super) fn bindings() -> Vec<Binding> {
    let bind = |queue: &str, exchange: &str, key: &str| Binding {
        exchange: exchange.to_owned(),
        queue: queue.to_owned(),
        key: key.to_owned(),
    };
    // The ladder sends back to the work exchange whatever queue a message came from, so every queue is bound there.
    let mut all: Vec<Binding> =
        Queue::ALL.iter().map(|queue| bind(queue.name(), EXCHANGE_WORK, queue.name())).collect();
    all.push(bind(Queue::Results.name(), EXCHANGE_EVENTS, RESULTS_BINDING));
    all.push(bind(Queue::Requests.name(), EXCHANGE_REQUESTS, ""));
    all.push(bind(Queue::Dead.name(), EXCHANGE_DEAD, ""));
    for (level, _) in RETRY_LADDER {
        all.push(bind(&retry_exchange(level), &retry_exchange(level), ""));
    }
    all
}

/// Finds what is missing, makes it where that is allowed, and remembers what was made.
pub(super) struct Topology {
    user: String,
    answer_timeout: Duration,
    created: Mutex<Vec<Queue>>,
}

impl Topology {
    pub(super) fn new(user: String, answer_timeout: Duration) -> Self {
        Self { user, answer_timeout, created: Mutex::new(Vec::new()) }
    }

    pub(super) fn take_created(&self) -> Vec<Queue> {
        std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A question to the broker with its time-out.
    ///
    /// # Errors
    /// `Unavailable` with what the broker or the clock said.
    pub(super) async fn asked<T>(
        &self,
        question: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, BrokerError> {
        match tokio::time::timeout(self.answer_timeout, question).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(BrokerError::Unavailable(explain::text(&error))),
            Err(_) => Err(BrokerError::Unavailable(format!("no answer within {:?}", self.answer_timeout))),
        }
    }

    /// That everything exists. One look over all when nothing is missing, else one by one.
    ///
    /// # Errors
    /// `Topology` when something is missing and may not be made.
    pub(super) async fn ensure(&self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = self.asked(connection.create_channel()).await?;
        let (exchanges, queues) = (exchanges(), queues());
        let look_at_exchanges =
            try_join_all(exchanges.iter().map(|exchange| look_at_exchange(&channel, exchange)));
        let look_at_queues = try_join_all(queues.iter().map(|queue| look_at_queue(&channel, queue)));
        let looked = async { futures::try_join!(look_at_exchanges, look_at_queues) };
        match tokio::time::timeout(self.answer_timeout, looked).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) if explain::code(&error) == Some(explain::NOT_FOUND) => {}
            Ok(Err(error)) => return Err(BrokerError::Unavailable(explain::text(&error))),
            Err(_) => return Err(BrokerError::Unavailable("no answer about the queues".to_owned())),
        }
        for exchange in &exchanges {
            self.ensure_exchange(connection, exchange).await?;
        }
        for queue in &queues {
            self.ensure_queue(connection, queue).await?;
        }
        Ok(())
    }

    async fn ensure_exchange(&self, connection: &Connection, exchange: &Exchange) -> Result<(), BrokerError> {
        let channel = self.asked(connection.create_channel()).await?;
        if self.found(look_at_exchange(&channel, exchange)).await?.is_some() {
            return Ok(());
        }
        let channel = self.asked(connection.create_channel()).await?;
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declare = channel.exchange_declare(
            exchange.name.as_str().into(),
            exchange.amqp_kind(),
            options,
            FieldTable::default(),
        );
        self.made(&format!("exchange '{}'", exchange.name), declare).await?;
        // Its bindings went with it; those of queues that are missing too are made with the queue.
        for binding in bindings().into_iter().filter(|binding| binding.exchange == exchange.name) {
            let channel = self.asked(connection.create_channel()).await?;
            if self.found(look_at_queue(&channel, &binding.queue)).await?.is_some() {
                self.bind(&channel, &binding).await?;
            }
        }
        Ok(())
    }

    /// That a queue exists and, when it had to be made, that it is bound.
    ///
    /// # Errors
    /// `Topology` when it is missing and may not be made.
    pub(super) async fn ensure_queue(&self, connection: &Connection, queue: &str) -> Result<(), BrokerError> {
        let channel = self.asked(connection.create_channel()).await?;
        if self.found(look_at_queue(&channel, queue)).await?.is_some() {
            return Ok(());
        }
        let channel = self.asked(connection.create_channel()).await?;
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let declare = channel.queue_declare(queue.into(), options, arguments);
        self.made(&format!("queue '{queue}'"), async { declare.await.map(drop) }).await?;
        tracing::warn!(queue, "the queue was missing and was created: what had been in it is gone");
        if let Some(queue) = Queue::from_name(queue) {
            self.created.lock().unwrap_or_else(PoisonError::into_inner).push(queue);
        }
        for binding in bindings().into_iter().filter(|binding| binding.queue == queue) {
            self.bind(&channel, &binding).await?;
        }
        Ok(())
    }

    async fn bind(&self, channel: &Channel, binding: &Binding) -> Result<(), BrokerError> {
        let Binding { exchange, queue, key } = binding;
        let bind = channel.queue_bind(
            queue.as_str().into(),
            exchange.as_str().into(),
            key.as_str().into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        self.made(&format!("binding of '{queue}' to '{exchange}'"), bind).await
    }

    /// What was looked at; `None` when there is no such thing.
    ///
    /// # Errors
    /// `Unavailable` when the broker gives no other answer.
    pub(super) async fn found<T>(
        &self,
        look: impl Future<Output = lapin::Result<T>>,
    ) -> Result<Option<T>, BrokerError> {
        let missing_is_none = async {
            match look.await {
                Err(error) if explain::code(&error) == Some(explain::NOT_FOUND) => Ok(None),
                found => found.map(Some),
            }
        };
        self.asked(missing_is_none).await
    }

    async fn made(
        &self,
        what: &str,
        make: impl Future<Output = lapin::Result<()>>,
    ) -> Result<(), BrokerError> {
        match tokio::time::timeout(self.answer_timeout, make).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if explain::code(&error) == Some(explain::ACCESS_REFUSED) => Err(
                BrokerError::Topology(format!("{what} is missing and user '{}' may not make it", self.user)),
            ),
            Ok(Err(error)) if explain::code(&error) == Some(explain::PRECONDITION_FAILED) => {
                Err(BrokerError::Topology(format!("{what} is of another kind ({})", explain::text(&error))))
            }
            Ok(Err(error)) => Err(BrokerError::Unavailable(format!("{what}: {}", explain::text(&error)))),
            Err(_) => Err(BrokerError::Unavailable(format!("{what}: no answer"))),
        }
    }
}

async fn look_at_exchange(channel: &Channel, exchange: &Exchange) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    let name = exchange.name.as_str().into();
    channel.exchange_declare(name, exchange.amqp_kind(), options, FieldTable::default()).await
}

/// Ready messages and consumers, fresh from the queue's leader.
pub(super) async fn look_at_queue(channel: &Channel, queue: &str) -> lapin::Result<(u32, u32)> {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare(queue.into(), options, FieldTable::default()).await?;
    Ok((queue.message_count(), queue.consumer_count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_and_exchange_is_bound() {
        let bindings = bindings();
        for queue in queues() {
            assert!(bindings.iter().any(|binding| binding.queue == queue), "{queue}");
        }
        for exchange in exchanges() {
            assert!(bindings.iter().any(|binding| binding.exchange == exchange.name), "{}", exchange.name);
        }
    }
}

//! A broker that is connected when it is first needed, so that what only reads the store works while it is away.

use async_trait::async_trait;
use checkmate_queue::rabbitmq::{RabbitBroker, RabbitConfig};
use checkmate_queue::{Broker, BrokerError, Consumer, Depth, Outgoing, PublishError, Queue};
use tokio::sync::OnceCell;

/// For commands; a role connects at its start.
pub struct LazyBroker {
    config: RabbitConfig,
    connected: OnceCell<RabbitBroker>,
}

impl LazyBroker {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(config: RabbitConfig) -> Self {
        Self { config, connected: OnceCell::new() }
    }

    async fn get(&self) -> Result<&RabbitBroker, BrokerError> {
        self.connected.get_or_try_init(|| RabbitBroker::connect(self.config.clone())).await
    }
}

#[async_trait]
impl Broker for LazyBroker {
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        let broker = self.get().await.map_err(|error| match error {
            BrokerError::Unavailable(why) => PublishError::Unavailable(why),
            refused => PublishError::Unavailable(refused.to_string()),
        })?;
        broker.publish(messages).await
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        self.get().await?.consume(queue, prefetch).await
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.get().await?.depth(queue).await
    }

    fn take_created(&self) -> Vec<Queue> {
        self.connected.get().map(Broker::take_created).unwrap_or_default()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        self.get().await?.ready().await
    }

    async fn close(&self) {
        if let Some(broker) = self.connected.get() {
            broker.close().await;
        }
    }
}

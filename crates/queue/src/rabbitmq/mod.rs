//! RabbitMQ: quorum queues, confirms, and a connection each for publishing and consuming.
//!
//! Reading order: [`config`](RabbitConfig) says where the broker is, `connect` opens one connection, `topology` is what
//! must exist there. `publisher` owns the publishing side with `in_flight`; `link` owns the connection that consumers are
//! on; `consumer`, `lease` and `subscription` are one subscription, and `watchdog` notices when it dies in silence. `wire`
//! turns our messages into AMQP's form. The client library's own recovery is not used: it leaves channels hanging that
//! died alone, so everything that breaks is thrown away and built anew here.

pub mod admin;
mod config;
mod connect;
mod consumer;
mod credentials;
mod depth;
mod explain;
mod in_flight;
mod lease;
mod link;
mod look;
mod management;
mod publisher;
mod subscription;
mod topology;
mod watchdog;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use config::{Host, Identity, Management, RabbitConfig, Tls};
pub use look::look;
pub use management::ApiError;

use self::consumer::RabbitConsumer;
use self::depth::Touched;
use self::link::Link;
use self::management::Api;
use self::publisher::Publisher;
use self::subscription::Subscription;
use self::topology::Topology;
use crate::contract::{Broker, BrokerError, Consumer, Depth, Destination, Outgoing, PublishError};
use crate::names::{Queue, RESULTS_BINDING};

/// A broker on RabbitMQ. Cut connections are rebuilt for as long as it lives.
pub struct RabbitBroker {
    config: Arc<RabbitConfig>,
    topology: Arc<Topology>,
    publisher: Publisher,
    link: Link,
    api: Option<Api>,
    touched: Touched,
    tasks: TaskTracker,
    closed: CancellationToken,
    _close_when_dropped: DropGuard,
}

impl RabbitBroker {
    /// Connects and looks whether everything is there, making what is missing where the user may.
    ///
    /// # Errors
    /// `Unavailable` when no host answers in time: try again. `Misconfigured` when a host refuses us, `Topology` when
    /// something is missing that this user may not make.
    pub async fn connect(config: RabbitConfig) -> Result<Self, BrokerError> {
        let config = Arc::new(config);
        let closed = CancellationToken::new();
        let tasks = TaskTracker::new();
        let topology = Arc::new(Topology::new(config.user.clone(), config.answer_timeout));
        let api = config.management.clone().map(|at| Api::new(at, config.answer_timeout)).transpose()?;
        let (publisher, publishing) =
            Publisher::start(Arc::clone(&config), Arc::clone(&topology), closed.clone()).await?;
        let (link, linking) = Link::new(Arc::clone(&config), Arc::clone(&topology), closed.clone());
        tasks.spawn(publishing);
        tasks.spawn(linking);
        let _close_when_dropped = closed.clone().drop_guard();
        let touched = Touched::default();
        Ok(Self { config, topology, publisher, link, api, touched, tasks, closed, _close_when_dropped })
    }

    async fn subscribe(
        &self,
        queue: Queue,
        prefetch: u16,
    ) -> Result<(lapin::Channel, lapin::Consumer), BrokerError> {
        let name = queue.name();
        for last_try in [false, true] {
            let channel = self.link.channel().await?;
            let asking = consumer::subscribe(&channel, name, prefetch);
            match tokio::time::timeout(self.config.answer_timeout, asking).await {
                Ok(Ok(stream)) => return Ok((channel, stream)),
                Ok(Err(error)) if explain::code(&error) == Some(explain::NOT_FOUND) && !last_try => {
                    self.link.ensure_queue(name).await?;
                }
                Ok(Err(error)) if explain::code(&error) == Some(explain::ACCESS_REFUSED) => {
                    let user = &self.config.user;
                    return Err(BrokerError::Topology(format!("user '{user}' may not read queue '{name}'")));
                }
                Ok(Err(error)) => return Err(BrokerError::Unavailable(explain::text(&error))),
                Err(_) => {
                    self.link.break_off().await;
                    return Err(BrokerError::Unavailable(format!(
                        "no answer within {:?}",
                        self.config.answer_timeout
                    )));
                }
            }
        }
        Err(BrokerError::Unavailable(format!("queue '{name}' vanished while it was asked for")))
    }

    fn touch(&self, messages: &[Outgoing]) {
        for message in messages {
            match &message.to {
                Destination::Work(lane) => self.touched.touch(Queue::of_lane(*lane)),
                Destination::Queue(queue) => self.touched.touch(*queue),
                Destination::Event { kind, .. }
                    if kind.starts_with(RESULTS_BINDING.trim_end_matches('#')) =>
                {
                    self.touched.touch(Queue::Results);
                }
                Destination::Event { .. } => {}
            }
        }
    }
}

#[async_trait]
impl Broker for RabbitBroker {
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        self.touch(&messages);
        self.publisher.publish(messages).await
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        let (channel, stream) = self.subscribe(queue, prefetch).await?;
        let (subscription, dropped) =
            Subscription::new(queue, prefetch, channel, self.publisher.clone(), self.config.answer_timeout);
        self.tasks.spawn(watchdog::watch(
            Arc::downgrade(&subscription),
            dropped,
            self.link.clone(),
            self.config.watchdog,
            self.closed.clone(),
        ));
        Ok(Box::new(RabbitConsumer::new(subscription, stream)))
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        let api = self.api.as_ref().map(|api| (api, self.config.vhost.as_str()));
        depth::depth(&self.link, &self.topology, api, &self.touched, queue).await
    }

    fn take_created(&self) -> Vec<Queue> {
        self.topology.take_created()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        self.publisher.state().trouble().map_or(Ok(()), |why| Err(BrokerError::Unavailable(why)))
    }

    async fn close(&self) {
        const AT_MOST: Duration = Duration::from_secs(10);
        self.closed.cancel();
        self.tasks.close();
        if tokio::time::timeout(AT_MOST, self.tasks.wait()).await.is_err() {
            tracing::warn!("the connection to the broker did not close in time; its messages come again");
        }
    }
}

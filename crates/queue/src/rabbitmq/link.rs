//! The connection consumers live on: one task owns it, opens it when somebody asks for a channel, and forgets it when it
//! is gone. Consumers that were on it end; they ask again.

use std::sync::Arc;
use std::time::Duration;

use lapin::Channel;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::config::RabbitConfig;
use super::connect::{Live, Purpose, connect};
use super::topology::Topology;
use crate::contract::BrokerError;

/// Questions waiting for the task.
const WAITING: usize = 64;

/// Asks the task for what it owns. Clones share it.
#[derive(Clone)]
pub(super) struct Link {
    asks: mpsc::Sender<Ask>,
    at_most: Duration,
}

enum Ask {
    Channel(oneshot::Sender<Result<Channel, BrokerError>>),
    /// That this queue exists, making it where that is allowed.
    Queue(&'static str, oneshot::Sender<Result<(), BrokerError>>),
    /// It does not answer: end it, so that everything on it ends and is built anew.
    Break,
}

impl Link {
    /// The link and the task to be run.
    pub(super) fn new(
        config: Arc<RabbitConfig>,
        topology: Arc<Topology>,
        closed: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (asks, waiting) = mpsc::channel(WAITING);
        let at_most = config.connect_timeout + config.answer_timeout;
        let task = Task { config, topology, live: None };
        (Self { asks, at_most }, task.run(waiting, closed))
    }

    /// A fresh channel.
    pub(super) async fn channel(&self) -> Result<Channel, BrokerError> {
        self.ask(Ask::Channel).await
    }

    pub(super) async fn ensure_queue(&self, queue: &'static str) -> Result<(), BrokerError> {
        self.ask(|answer| Ask::Queue(queue, answer)).await
    }

    pub(super) async fn break_off(&self) {
        let _ = self.asks.send(Ask::Break).await;
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<Result<T, BrokerError>>) -> Ask,
    ) -> Result<T, BrokerError> {
        let (sender, answer) = oneshot::channel();
        let asking = async {
            self.asks.send(question(sender)).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(self.at_most, asking).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(BrokerError::Unavailable("this process has closed its connection".to_owned())),
            Err(_) => Err(BrokerError::Unavailable(format!("no connection within {:?}", self.at_most))),
        }
    }
}

struct Task {
    config: Arc<RabbitConfig>,
    topology: Arc<Topology>,
    live: Option<Live>,
}

impl Task {
    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, closed: CancellationToken) {
        while let Some(Some(ask)) = closed.run_until_cancelled(asks.recv()).await {
            let _ = closed.run_until_cancelled(self.answer(ask)).await;
        }
        if let Some(live) = self.live.take() {
            live.close(Duration::from_secs(2)).await;
        }
    }

    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Channel(answer) => {
                let _ = answer.send(self.channel().await);
            }
            Ask::Queue(queue, answer) => {
                let _ = answer.send(self.ensure_queue(queue).await);
            }
            Ask::Break => self.live = None,
        }
    }

    async fn channel(&mut self) -> Result<Channel, BrokerError> {
        let topology = Arc::clone(&self.topology);
        let live = self.live().await?;
        let channel = topology.asked(live.connection.create_channel()).await;
        if channel.is_err() {
            self.live = None;
        }
        channel
    }

    async fn ensure_queue(&mut self, queue: &str) -> Result<(), BrokerError> {
        let topology = Arc::clone(&self.topology);
        topology.ensure_queue(&self.live().await?.connection, queue).await
    }

    async fn live(&mut self) -> Result<&Live, BrokerError> {
        let usable = self.live.take().filter(Live::usable);
        let live = match usable {
            Some(live) => live,
            None => connect(&self.config, Purpose::Consume).await?,
        };
        Ok(self.live.insert(live))
    }
}

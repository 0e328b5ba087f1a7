//! One intake: a subscription that is made again whenever it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use checkmate_service::{Backoff, metrics};
use futures::future::BoxFuture;
use tokio::time::Sleep;

use super::liveness::Liveness;
use crate::contract::{Broker, BrokerError, Consumer, Delivery};
use crate::names::Queue;

/// How long a broker may take to give a subscription or to end one.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub(super) struct Feed {
    broker: Arc<dyn Broker>,
    queue: Queue,
    prefetch: u16,
    liveness: Arc<Liveness>,
    backoff: Backoff,
    /// What was logged last, so that a long outage is one line.
    told: Option<String>,
    state: State,
}

/// Kept here and not in the future of `next`, so that dropping that future loses nothing.
enum State {
    Opening(BoxFuture<'static, Result<Box<dyn Consumer>, BrokerError>>),
    Open(Box<dyn Consumer>),
    Waiting(Pin<Box<Sleep>>),
}

impl Feed {
    pub(super) fn new(
        broker: Arc<dyn Broker>,
        queue: Queue,
        prefetch: u16,
        backoff: Backoff,
        liveness: Arc<Liveness>,
    ) -> Self {
        let state = open(&broker, queue, prefetch);
        Self { broker, queue, prefetch, liveness, backoff, told: None, state }
    }

    /// The next message, through any number of subscriptions.
    pub(super) async fn next(&mut self) -> Delivery {
        loop {
            match &mut self.state {
                State::Opening(opening) => match opening.await {
                    Ok(consumer) => self.opened(consumer),
                    Err(error) => self.failed(error.to_string()),
                },
                State::Open(consumer) => match consumer.next().await {
                    Some(delivery) => {
                        self.backoff.reset();
                        return delivery;
                    }
                    None => {
                        let why = consumer.ended_because();
                        self.failed(why.unwrap_or_else(|| {
                            "the broker ended the subscription without a reason; see its log".to_owned()
                        }));
                    }
                },
                State::Waiting(sleep) => {
                    sleep.await;
                    self.state = open(&self.broker, self.queue, self.prefetch);
                }
            }
        }
    }

    /// Ends the intake. The subscription itself stays, for the leases that were given out through it.
    pub(super) async fn stop(&mut self) {
        if let State::Open(consumer) = &mut self.state
            && tokio::time::timeout(ANSWER_WITHIN, consumer.stop()).await.is_err()
        {
            tracing::warn!(queue = %self.queue, "the broker did not confirm the end of the intake in time");
        }
    }

    fn opened(&mut self, consumer: Box<dyn Consumer>) {
        if self.told.take().is_some() {
            tracing::info!(queue = %self.queue, "consuming again");
        }
        self.liveness.came_up(self.queue);
        metrics::consumer_up(self.queue.name(), true);
        self.state = State::Open(consumer);
    }

    fn failed(&mut self, why: String) {
        if self.told.as_ref() != Some(&why) {
            tracing::warn!(queue = %self.queue, why, "not consuming; trying again until it works");
            self.told = Some(why.clone());
        }
        self.liveness.went_down(self.queue, why);
        metrics::consumer_up(self.queue.name(), false);
        self.state = State::Waiting(Box::pin(tokio::time::sleep(self.backoff.fail())));
    }
}

fn open(broker: &Arc<dyn Broker>, queue: Queue, prefetch: u16) -> State {
    let broker = Arc::clone(broker);
    State::Opening(Box::pin(async move {
        let opening = tokio::time::timeout(ANSWER_WITHIN, broker.consume(queue, prefetch));
        opening.await.unwrap_or_else(|_| {
            let seconds = ANSWER_WITHIN.as_secs();
            Err(BrokerError::Unavailable(format!("no subscription to {queue} within {seconds} s")))
        })
    }))
}

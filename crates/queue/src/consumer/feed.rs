//! One intake: a subscription that is made again whenever it ends, and given up while the intake is paused.

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
    paused: bool,
    state: State,
}

/// Kept here and not in the future of `next`, so that dropping that future loses nothing.
enum State {
    Opening(BoxFuture<'static, Result<Box<dyn Consumer>, BrokerError>>),
    Open(Box<dyn Consumer>),
    Waiting(Pin<Box<Sleep>>),
    /// The intake ends: what was sent here and not taken goes back. Leases outlive the subscription.
    Stopping(BoxFuture<'static, ()>),
    Paused,
}

/// Why a queue is not consumed before its first subscription.
const NOT_YET: &str = "not subscribed yet";

impl Feed {
    pub(super) fn new(
        broker: Arc<dyn Broker>,
        queue: Queue,
        prefetch: u16,
        backoff: Backoff,
        liveness: Arc<Liveness>,
    ) -> Self {
        let state = open(&broker, queue, prefetch);
        liveness.went_down(queue, NOT_YET.to_owned());
        Self { broker, queue, prefetch, liveness, backoff, told: None, paused: false, state }
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
                State::Stopping(stopping) => {
                    stopping.await;
                    self.state = State::Paused;
                }
                State::Paused if self.paused => std::future::pending().await,
                State::Paused => self.state = open(&self.broker, self.queue, self.prefetch),
            }
        }
    }

    /// A message that is here already.
    pub(super) fn ready(&mut self) -> Option<Delivery> {
        let State::Open(consumer) = &mut self.state else { return None };
        let delivery = consumer.ready()?;
        self.backoff.reset();
        Some(delivery)
    }

    pub(super) fn queue(&self) -> Queue {
        self.queue
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Takes nothing more, or goes on. A paused queue is none that should be consumed and is not, so it is not told as down.
    pub(super) fn pause(&mut self, paused: bool) {
        if self.paused == paused {
            return;
        }
        self.paused = paused;
        if !paused {
            self.liveness.went_down(self.queue, NOT_YET.to_owned());
            tracing::debug!(queue = %self.queue, "resumed");
            return;
        }
        tracing::debug!(queue = %self.queue, "paused: nothing more is taken, what is in hand goes on");
        self.liveness.came_up(self.queue);
        metrics::consumer_up(self.queue.name(), true);
        self.told = None;
        self.state = match std::mem::replace(&mut self.state, State::Paused) {
            State::Open(consumer) => end(consumer, self.queue),
            State::Stopping(stopping) => State::Stopping(stopping),
            State::Opening(_) | State::Waiting(_) | State::Paused => State::Paused,
        };
    }

    /// Ends the intake. The subscription itself stays, for the leases that were given out through it.
    pub(super) async fn stop(&mut self) {
        match &mut self.state {
            State::Open(consumer) => cut(consumer, self.queue).await,
            State::Stopping(stopping) => stopping.await,
            State::Opening(_) | State::Waiting(_) | State::Paused => {}
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

fn end(mut consumer: Box<dyn Consumer>, queue: Queue) -> State {
    State::Stopping(Box::pin(async move { cut(&mut consumer, queue).await }))
}

async fn cut(consumer: &mut Box<dyn Consumer>, queue: Queue) {
    if tokio::time::timeout(ANSWER_WITHIN, consumer.stop()).await.is_err() {
        tracing::warn!(%queue, "the broker did not confirm the end of the intake in time");
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

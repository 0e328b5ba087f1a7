//! The right to settle one message.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_service::crashpoint::crashpoint;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::{Acker, BasicProperties};
use tokio_util::sync::CancellationToken;

use super::explain;
use super::subscription::Subscription;
use super::wire::{self, Prepared};
use crate::contract::{Lease, Settle, Settled};

/// One message of a subscription. Dropped unsettled it goes back to its queue.
pub(super) struct RabbitLease {
    subscription: Arc<Subscription>,
    acker: Option<Acker>,
    properties: BasicProperties,
    body: Arc<[u8]>,
}

impl RabbitLease {
    pub(super) fn new(
        subscription: Arc<Subscription>,
        acker: Acker,
        properties: BasicProperties,
        body: Arc<[u8]>,
    ) -> Self {
        subscription.lease_taken();
        Self { subscription, acker: Some(acker), properties, body }
    }

    fn put_off(&self, after: Duration, reason: &str) -> Prepared {
        let Subscription { queue, publisher, .. } = &*self.subscription;
        let body = Arc::clone(&self.body);
        wire::put_off(&self.properties, body, *queue, after, reason, publisher.user())
    }

    fn give_up(&self, reason: &str) -> Prepared {
        let Subscription { queue, publisher, .. } = &*self.subscription;
        wire::give_up(&self.properties, Arc::clone(&self.body), *queue, reason, publisher.user())
    }

    /// The copy first, then the ack: dying in between makes a repeat, never a loss.
    async fn copy_and_ack(&mut self, copy: Prepared) -> Settled {
        let lost = self.subscription.dead.clone();
        match lost.run_until_cancelled(self.subscription.publisher.send(vec![copy])).await {
            None => Settled::LeaseLost,
            Some(Err(error)) => Settled::Failed(error.to_string()),
            Some(Ok(())) => {
                crashpoint("queue.after-copy");
                self.answer(Answer::Ack).await
            }
        }
    }

    async fn answer(&mut self, answer: Answer) -> Settled {
        let Some(acker) = &self.acker else { return Settled::LeaseLost };
        let sending = async {
            match answer {
                Answer::Ack => acker.ack(BasicAckOptions::default()).await,
                Answer::Requeue => acker.nack(BasicNackOptions { multiple: false, requeue: true }).await,
            }
        };
        let settled = match tokio::time::timeout(self.subscription.answer_timeout, sending).await {
            Ok(Ok(true)) => Settled::Accepted,
            // The channel has died: whoever reads this as an ack would run the job twice and believe it ran once.
            Ok(Ok(false)) => Settled::LeaseLost,
            Ok(Err(error)) => {
                self.subscription.end(Some(explain::text(&error)));
                Settled::LeaseLost
            }
            Err(_) => Settled::Failed("the broker does not take the answer".to_owned()),
        };
        self.acker = None;
        settled
    }
}

#[derive(Clone, Copy)]
enum Answer {
    Ack,
    Requeue,
}

#[async_trait]
impl Lease for RabbitLease {
    async fn settle(mut self: Box<Self>, settle: Settle) -> Settled {
        if self.subscription.dead.is_cancelled() {
            return Settled::LeaseLost;
        }
        let copy = match settle {
            Settle::Done => return self.answer(Answer::Ack).await,
            Settle::Requeue => return self.answer(Answer::Requeue).await,
            Settle::Later { after, reason } => self.put_off(after, &reason),
            Settle::Dead { reason } => self.give_up(&reason),
        };
        // Boxed, as it is rare: the future of every ack would have room for it.
        Box::pin(self.copy_and_ack(copy)).await
    }

    fn lost(&self) -> CancellationToken {
        self.subscription.dead.clone()
    }
}

impl Drop for RabbitLease {
    fn drop(&mut self) {
        self.subscription.lease_ended();
        if let Some(acker) = self.acker.take() {
            self.subscription.give_back(acker);
        }
    }
}

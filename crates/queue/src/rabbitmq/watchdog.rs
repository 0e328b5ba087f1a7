//! Notices that a subscription is dead when nobody is told: a channel closed while no message is waited for, a
//! connection that swallows everything, a broker that has forgotten the consumer.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use lapin::Acker;
use lapin::options::BasicNackOptions;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::link::Link;
use super::subscription::Subscription;
use super::topology::look_at_queue;

/// How soon the holder of a lease is told that its channel is gone.
const LOOK: Duration = Duration::from_millis(100);

/// Watches until the subscription is dead or nobody holds it. Also gives back messages whose lease was dropped.
pub(super) async fn watch(
    subscription: Weak<Subscription>,
    mut dropped: mpsc::Receiver<Acker>,
    link: Link,
    period: Duration,
    closed: CancellationToken,
) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut asked, mut suspicion) = (Instant::now(), false);
    loop {
        tokio::select! {
            () = closed.cancelled() => break,
            acker = dropped.recv() => match acker {
                Some(acker) => {
                    let _ = acker.nack(BasicNackOptions { multiple: false, requeue: true }).await;
                }
                None => return,
            },
            _ = look.tick() => {}
        }
        let Some(subscription) = subscription.upgrade() else { return };
        if subscription.dead.is_cancelled() {
            return release(&subscription).await;
        }
        if !subscription.channel.status().connected() {
            // The consumer, when asked for the next message, finds the exact words; this is for the holders of leases.
            return subscription.dead.cancel();
        }
        if subscription.starving() < period || asked.elapsed() < period {
            continue;
        }
        asked = Instant::now();
        match ask(&subscription, &link).await {
            Health::Fine => suspicion = false,
            Health::Unclear if !suspicion => suspicion = true,
            Health::Unclear => {
                end(&subscription, "messages wait and none is sent: the broker has forgotten the consumer");
            }
            Health::Forgotten => end(&subscription, "the broker knows of no consumer"),
            Health::Silent => {
                link.break_off().await;
                end(&subscription, "the broker does not answer");
            }
        }
    }
    if let Some(subscription) = subscription.upgrade() {
        subscription.end(Some("this process has closed its connection".to_owned()));
    }
}

fn end(subscription: &Subscription, what: &str) {
    let queue = subscription.queue;
    tracing::warn!(%queue, what, "the consumer died in silence");
    subscription.end(Some(format!("{queue}: {what}")));
}

/// Closes the channel of a dead subscription, so that the broker gives what was leased on it to others at once.
async fn release(subscription: &Subscription) {
    if subscription.channel.status().connected() {
        let close = subscription.channel.close(200, "its consumer has ended".into());
        let _ = tokio::time::timeout(subscription.answer_timeout, close).await;
    }
}

enum Health {
    Fine,
    /// Messages wait although we could take some; once may be chance.
    Unclear,
    Forgotten,
    Silent,
}

async fn ask(subscription: &Arc<Subscription>, link: &Link) -> Health {
    let question = async {
        let channel = link.channel().await.ok()?;
        look_at_queue(&channel, subscription.queue.name()).await.ok()
    };
    match tokio::time::timeout(subscription.answer_timeout, question).await {
        Ok(Some((_, 0))) => Health::Forgotten,
        Ok(Some((0, _))) => Health::Fine,
        Ok(Some(_)) if subscription.starving().is_zero() => Health::Fine,
        Ok(Some(_)) => Health::Unclear,
        // A closed channel or connection shows by itself at the next look.
        Ok(None) => Health::Fine,
        Err(_) => Health::Silent,
    }
}

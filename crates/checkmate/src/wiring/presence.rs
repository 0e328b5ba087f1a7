//! A process says that it is there, and hears what is wished of it: which lanes are paused, and whether it is to drain.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Lane;
use checkmate_queue::Queue;
use checkmate_queue::consumer::Liveness;
use checkmate_service::Stop;
use checkmate_store::{Presence, Store, StoreError};
use tokio::sync::watch;

/// Between two looks at what is wished.
const LOOK: Duration = Duration::from_secs(1);
/// It says that it is there with every so many looks.
const LOOKS: u32 = 5;
/// How long that holds: a process that died is gone from the list then.
const TTL: Duration = Duration::from_secs(15);

/// One process among others.
pub(super) struct Present {
    store: Arc<dyn Store>,
    presence: Presence,
    consumers: Vec<Arc<Liveness>>,
    paused: watch::Sender<BTreeSet<Queue>>,
}

impl Present {
    /// Before the roles are started. Both lanes wait for the first look, so that nothing is taken from a paused one.
    pub(super) fn new(store: Arc<dyn Store>, presence: Presence) -> Self {
        let lanes = BTreeSet::from([Queue::ScanInteractive, Queue::ScanBulk]);
        Self { store, presence, consumers: Vec::new(), paused: watch::Sender::new(lanes) }
    }

    /// The queues of paused lanes, as they are from time to time.
    pub(super) fn paused(&self) -> watch::Receiver<BTreeSet<Queue>> {
        self.paused.subscribe()
    }

    /// Whose work is in hand here.
    pub(super) fn count(&mut self, consumer: Arc<Liveness>) {
        self.consumers.push(consumer);
    }

    /// Looks until draining has ended the work in hand, or that must stop. An outage of the store is one line, and meanwhile
    /// things stay as they were.
    pub(super) async fn run(mut self, stop: Stop) {
        let (mut told, mut look) = (None, 0_u32);
        loop {
            match self.look(look, &stop).await {
                Ok(()) => {
                    told = None;
                    look = look.wrapping_add(1);
                }
                Err(error) => {
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "what is wished of this process is not known; trying again");
                        told = Some(why);
                    }
                }
            }
            if stop.killing().is_cancelled() || (stop.draining().is_cancelled() && self.in_hand() == 0) {
                break;
            }
            wait(&stop).await;
        }
        if let Err(error) = self.store.leave(&self.presence.process).await {
            tracing::debug!(%error, "still listed until its time is over");
        }
    }

    async fn look(&mut self, look: u32, stop: &Stop) -> Result<(), StoreError> {
        let wishes = self.store.wishes(&self.presence.process).await?;
        let queues: BTreeSet<Queue> = wishes.paused.iter().map(|pause| Queue::of_lane(pause.lane)).collect();
        let other = *self.paused.borrow() != queues;
        if other {
            if look > 0 || !queues.is_empty() {
                tracing::info!(paused = ?queues, "lanes were paused or resumed; what is in hand goes on");
            }
            self.paused.send_replace(queues);
        }
        let draining = stop.draining().is_cancelled();
        if wishes.drain && !draining {
            tracing::info!("asked to drain: no new work; ends when what is in hand is done");
            stop.drain();
        }
        if look.is_multiple_of(LOOKS) || draining != self.presence.draining {
            self.presence.seen = self.store.now().await?;
            self.presence.in_hand = self.in_hand();
            self.presence.draining = draining;
            self.store.note_presence(&self.presence, TTL).await?;
        }
        Ok(())
    }

    fn in_hand(&self) -> u64 {
        self.consumers.iter().map(|consumer| consumer.running().len() as u64).sum()
    }
}

/// Until the next look; shorter while work in hand is waited for.
async fn wait(stop: &Stop) {
    if stop.draining().is_cancelled() {
        let killed = stop.killing().cancelled();
        let _ = tokio::time::timeout(LOOK / 10, killed).await;
    } else {
        stop.sleep(LOOK).await;
    }
}

/// The lanes of a worker that serves one, or both.
pub(super) fn lanes(one: Option<Lane>) -> Vec<Lane> {
    one.map_or_else(|| vec![Lane::Interactive, Lane::Bulk], |lane| vec![lane])
}

//! Retention: once an hour one process removes what is older than it is kept, in small steps behind a lock.
//!
//! What goes and what never does is the store's to say: [`checkmate_store::HistoryStore`].

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_service::Stop;
use checkmate_store::{Cutoffs, LockAttempt, LockGuard, Purged, Store, StoreError};

/// The lock that makes one process remove.
const LOCK: &str = "retention";
/// How long that holds without renewal; a step takes far less.
const LOCK_TTL: Duration = Duration::from_mins(1);
/// Records removed in one step at most.
pub const STEP: u64 = 1_000;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Final scans with their jobs and reports.
    pub results: Duration,
    /// The log of transitions.
    pub events: Duration,
    /// Dead letters.
    pub dead_letters: Duration,
}

impl Keep {
    /// What is older than kept at this moment.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Cutoffs {
        Cutoffs {
            results: now.minus(self.results),
            events: now.minus(self.events),
            dead_letters: now.minus(self.dead_letters),
        }
    }
}

/// What retention needs to know.
#[derive(Debug, Clone)]
pub struct RetentionConfig {
    /// This process start, for the lock.
    pub owner: String,
    /// How long things are kept.
    pub keep: Keep,
    /// Between two rounds.
    pub every: Duration,
}

impl RetentionConfig {
    /// Once an hour, for a process of this name.
    #[must_use]
    pub fn new(owner: impl Into<String>, keep: Keep) -> Self {
        Self { owner: owner.into(), keep, every: Duration::from_hours(1) }
    }
}

/// Removes what is older than it is kept.
pub struct Retention {
    store: Arc<dyn Store>,
    config: RetentionConfig,
}

impl Retention {
    /// Over this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, config: RetentionConfig) -> Self {
        Self { store, config }
    }

    /// Makes rounds until told to stop, the first at once. A round that was cut short is made good by the next one.
    pub async fn run(&self, stop: &Stop) {
        while !stop.draining().is_cancelled() {
            match self.round(stop).await {
                Ok(Some(purged)) if purged.total() > 0 => tracing::info!(
                    scans = purged.scans,
                    jobs = purged.jobs,
                    transitions = purged.transitions,
                    dead_handled = purged.dead_handled,
                    dead_waiting = purged.dead_waiting,
                    "removed what was kept for long enough"
                ),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "retention was cut short; the next round goes on"),
            }
            if !stop.sleep(self.config.every).await {
                return;
            }
        }
    }

    /// One round: what it removed, or nothing when another process is at it.
    ///
    /// # Errors
    /// When the store did not answer; everything removed so far is gone.
    pub async fn round(&self, stop: &Stop) -> Result<Option<Purged>, StoreError> {
        let guard = match self.store.lock(LOCK, &self.config.owner, LOCK_TTL).await? {
            LockAttempt::Held(guard) => guard,
            LockAttempt::Other { .. } => return Ok(None),
        };
        let purged = self.purge(&guard, stop).await;
        self.store.unlock(&guard).await?;
        purged.map(Some)
    }

    async fn purge(&self, guard: &LockGuard, stop: &Stop) -> Result<Purged, StoreError> {
        let before = self.config.keep.at(self.store.now().await?);
        let mut all = Purged::default();
        loop {
            all.add(&self.store.purge(&before, STEP, Some(guard)).await?);
            let go_on = all.more && !stop.draining().is_cancelled();
            let held = self.store.renew_lock(guard, LOCK_TTL).await?;
            if !held {
                tracing::warn!(
                    "a step of retention took longer than its lock holds: less was removed than is due; \
                     'checkmate purge' removes the rest"
                );
            }
            if !go_on || !held {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_time() {
        let keep = Keep {
            results: Duration::from_secs(90),
            events: Duration::from_secs(30),
            dead_letters: Duration::from_secs(10),
        };
        let cutoffs = keep.at(Timestamp::from_millis(100_000));
        let seconds =
            [cutoffs.results, cutoffs.events, cutoffs.dead_letters].map(|at| at.as_millis() / 1_000);
        assert_eq!(seconds, [10, 70, 90]);
    }
}

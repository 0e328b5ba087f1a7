//! Turns over all processes: locks of the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::WorkerId;
use checkmate_store::{LockAttempt, LockGuard, Store};
use checkmate_vault::{LocalTurns, NoTurn, Turn, Turns};

use crate::config::Config;

/// How long a turn is certain: everything that is asked in it is over by then. Longer than a call takes, unless the
/// configuration gives calls more; then this is the end of it.
const HOLD: Duration = Duration::from_secs(45);
/// The longest wait before it is asked again.
const LOOK: Duration = Duration::from_millis(200);

/// Gives turns by locks. Within the process they are given one after the other, so that only one asks the store.
///
/// A turn that is dropped instead of ended may still be used on the other side: an answer was lost, or its job was cut off.
/// Nobody gets the next one before it has settled; other processes wait for the lock to end.
pub struct StoreTurns {
    store: Arc<dyn Store>,
    own: LocalTurns,
    owner: String,
    hold: Duration,
    settle: Duration,
    unsettled: Unsettled,
}

/// Until when nobody gets a turn, by key.
type Unsettled = Arc<Mutex<BTreeMap<String, Instant>>>;

impl StoreTurns {
    /// For this process, as it is configured: what was asked may go on for as long as an answer is waited for.
    #[must_use]
    pub fn of(config: &Config, store: &Arc<dyn Store>, process: &WorkerId) -> Self {
        Self::new(Arc::clone(store), process.as_str(), HOLD, config.outbound.read_timeout.0)
    }

    /// For an owner. `hold` is how long a turn is certain, `settle` how long the other side may go on with what was asked.
    fn new(store: Arc<dyn Store>, owner: &str, hold: Duration, settle: Duration) -> Self {
        let (own, unsettled) = (LocalTurns::default(), Unsettled::default());
        Self { store, own, owner: owner.to_owned(), hold, settle, unsettled }
    }

    /// How long the lock of a turn lasts: also after the last moment at which something may be asked, the other side has its
    /// time before anybody else asks. A turn of a process that died is free after so long.
    fn ttl(&self) -> Duration {
        self.hold.saturating_add(self.settle)
    }

    /// How long the account still has to be left alone.
    fn left(&self, key: &str) -> Option<Duration> {
        let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        unsettled.retain(|_, until| *until > now);
        unsettled.get(key).map(|until| *until - now)
    }
}

#[async_trait]
impl Turns for StoreTurns {
    async fn turn(&self, key: &str, within: Duration) -> Result<Box<dyn Turn>, NoTurn> {
        let began = Instant::now();
        let own = self.own.turn(key, within).await?;
        if let Some(settling) = self.left(key) {
            let left = within.saturating_sub(began.elapsed());
            tokio::time::sleep(settling.min(left)).await;
            if settling > left {
                return Err(NoTurn::Busy);
            }
        }
        loop {
            let left = within.saturating_sub(began.elapsed());
            let asked = Instant::now();
            match self.store.lock(key, &self.owner, self.ttl()).await {
                Ok(LockAttempt::Held(guard)) => {
                    return Ok(Box::new(StoreTurn {
                        store: Arc::clone(&self.store),
                        guard,
                        own: Some(own),
                        key: key.to_owned(),
                        owner: self.owner.clone(),
                        until: asked + self.hold,
                        settle: self.settle,
                        unsettled: Arc::clone(&self.unsettled),
                    }));
                }
                Ok(LockAttempt::Other { .. }) if left.is_zero() => return Err(NoTurn::Busy),
                Ok(LockAttempt::Other { for_, .. }) => tokio::time::sleep(for_.min(LOOK).min(left)).await,
                Err(error) => return Err(NoTurn::Unavailable(error.to_string())),
            }
        }
    }
}

struct StoreTurn {
    store: Arc<dyn Store>,
    guard: LockGuard,
    /// None once it has ended.
    own: Option<Box<dyn Turn>>,
    key: String,
    owner: String,
    until: Instant,
    settle: Duration,
    unsettled: Unsettled,
}

#[async_trait]
impl Turn for StoreTurn {
    fn left(&self) -> Option<Duration> {
        Some(self.until.saturating_duration_since(Instant::now()))
    }

    async fn end(mut self: Box<Self>) {
        let own = self.own.take();
        // When that fails it is free after its time.
        let _ = self.store.unlock(&self.guard).await;
        if let Some(own) = own {
            own.end().await;
        }
    }

    async fn leave(self: Box<Self>) {
        // The lock, which is ours, ends with what was asked; dropping does the rest. When that fails it ends later.
        let _ = self.store.lock(&self.key, &self.owner, self.settle).await;
    }
}

impl Drop for StoreTurn {
    fn drop(&mut self) {
        if self.own.is_some() {
            let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
            unsettled.insert(self.key.clone(), Instant::now() + self.settle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkmate_store::embedded::EmbeddedStore;

    #[tokio::test]
    async fn what_was_dropped_settles_before_the_next_turn() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap());
        let settle = Duration::from_millis(300);
        let turns = StoreTurns::new(store, "p1", HOLD, settle);
        let (soon, later) = (Duration::from_millis(50), Duration::from_secs(5));
        turns.turn("turn:a", later).await.unwrap().end().await;
        drop(turns.turn("turn:a", soon).await.unwrap());
        let began = Instant::now();
        assert!(matches!(turns.turn("turn:a", soon).await, Err(NoTurn::Busy)), "it is left alone");
        turns.turn("turn:b", soon).await.unwrap().end().await;
        turns.turn("turn:a", later).await.unwrap().end().await;
        assert!(began.elapsed() >= settle - soon, "{:?}", began.elapsed());
        turns.turn("turn:a", soon).await.unwrap().end().await;
        // Another process gets it as soon as it has settled.
        let other = StoreTurns::new(Arc::clone(&turns.store), "p2", HOLD, settle);
        turns.turn("turn:a", soon).await.unwrap().leave().await;
        assert!(matches!(other.turn("turn:a", soon).await, Err(NoTurn::Busy)));
        other.turn("turn:a", later).await.unwrap().end().await;
    }

    #[tokio::test]
    async fn a_turn_stays_ours_while_something_may_be_asked_and_until_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap());
        let (hold, settle) = (Duration::from_millis(300), Duration::from_millis(600));
        let [one, other] = ["p1", "p2"].map(|owner| StoreTurns::new(Arc::clone(&store), owner, hold, settle));
        let began = Instant::now();
        let turn = one.turn("turn:a", Duration::ZERO).await.unwrap();
        assert!(turn.left().is_some_and(|left| !left.is_zero() && left <= hold));
        tokio::time::sleep(hold).await;
        assert_eq!(turn.left(), Some(Duration::ZERO), "nothing may be asked any more");
        assert!(matches!(other.turn("turn:a", Duration::ZERO).await, Err(NoTurn::Busy)), "it has to settle");
        // The process died with it: it is free in the end.
        std::mem::forget(turn);
        other.turn("turn:a", Duration::from_secs(5)).await.unwrap().end().await;
        assert!(began.elapsed() >= hold + settle, "{:?}", began.elapsed());
    }
}

//! Turns over all processes: locks of the store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_store::{LockAttempt, LockGuard, Store};
use checkmate_vault::{LocalTurns, NoTurn, Turn, Turns};

/// A turn of a process that died is free after so long; longer than an exchange may take.
const TTL: Duration = Duration::from_mins(1);
/// The longest wait before it is asked again.
const LOOK: Duration = Duration::from_millis(200);

/// Gives turns by locks. Within the process they are given one after the other, so that only one asks the store.
pub struct StoreTurns {
    store: Arc<dyn Store>,
    own: LocalTurns,
    owner: String,
}

impl StoreTurns {
    /// For this process.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, owner: &str) -> Self {
        Self { store, own: LocalTurns::default(), owner: owner.to_owned() }
    }
}

#[async_trait]
impl Turns for StoreTurns {
    async fn turn(&self, key: &str, within: Duration) -> Result<Box<dyn Turn>, NoTurn> {
        let began = Instant::now();
        let own = self.own.turn(key, within).await?;
        loop {
            let left = within.saturating_sub(began.elapsed());
            match self.store.lock(key, &self.owner, TTL).await {
                Ok(LockAttempt::Held(guard)) => {
                    return Ok(Box::new(StoreTurn { store: Arc::clone(&self.store), guard, own }));
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
    own: Box<dyn Turn>,
}

#[async_trait]
impl Turn for StoreTurn {
    async fn end(self: Box<Self>) {
        // When that fails it is free after its time.
        let _ = self.store.unlock(&self.guard).await;
        self.own.end().await;
    }
}

//! One at a time: providers that rotate refresh tokens lose the account when two ask at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

/// Gives turns. Production implementation: `crates/checkmate/src/wiring/turns.rs`, over all processes; [`LocalTurns`] within
/// one.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Waits for the only turn of a key.
    ///
    /// # Errors
    /// When it does not come within that time, or nobody can say.
    async fn turn(&self, key: &str, within: Duration) -> Result<Box<dyn Turn>, NoTurn>;
}

/// A turn; it is over when it is ended or, at the latest, some time after it was dropped.
#[async_trait]
pub trait Turn: Send {
    /// For how long it is certain to be the only one; none when that has no end. What is asked must be over by then.
    fn left(&self) -> Option<Duration>;
    /// Ends it.
    async fn end(self: Box<Self>);
    /// Leaves it to end by itself, once nobody can be at it any more: the answer was lost, and the tenant may go on.
    async fn leave(self: Box<Self>);
}

/// There is no turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// Others are before us for too long.
    #[error("others use this connection")]
    Busy,
    /// It cannot be known.
    #[error("{0}")]
    Unavailable(String),
}

/// Turns within one process.
#[derive(Debug, Default)]
pub struct LocalTurns(Mutex<HashMap<String, Arc<Gate<()>>>>);

#[async_trait]
impl Turns for LocalTurns {
    async fn turn(&self, key: &str, within: Duration) -> Result<Box<dyn Turn>, NoTurn> {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(gates.entry(key.to_owned()).or_default())
        };
        let turn = tokio::time::timeout(within, gate.lock_owned()).await.map_err(|_| NoTurn::Busy)?;
        Ok(Box::new(LocalTurn(turn)))
    }
}

struct LocalTurn(#[allow(dead_code, reason = "held, never looked at")] OwnedMutexGuard<()>);

#[async_trait]
impl Turn for LocalTurn {
    fn left(&self) -> Option<Duration> {
        None
    }

    async fn end(self: Box<Self>) {}

    async fn leave(self: Box<Self>) {}
}

//! What a handler gets for one message: the signal to stop, with its cause, and the way to run alone.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio_util::sync::CancellationToken;

/// Why the work on a message must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// Its time limit passed.
    Deadline,
    /// The broker took the message away: emit nothing more.
    LeaseLost,
    /// The process stops.
    Shutdown,
}

/// The context of one message.
pub struct JobContext {
    stop: CancellationToken,
    cause: OnceLock<StopCause>,
    gate: Arc<RwLock<()>>,
    share: Mutex<Option<OwnedRwLockReadGuard<()>>>,
}

/// While it lives no other message of the loop is worked on.
#[must_use]
pub struct Alone(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockWriteGuard<()>);

impl JobContext {
    pub(super) async fn enter(gate: Arc<RwLock<()>>) -> Self {
        let share = gate.clone().read_owned().await;
        Self { stop: CancellationToken::new(), cause: OnceLock::new(), gate, share: Mutex::new(Some(share)) }
    }

    /// Fires when the work must stop.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Why it fired; `None` while it has not.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }

    /// Waits until nothing else of this loop is worked on, and holds new work off while the answer lives. `None` when the
    /// context fired first.
    ///
    /// Gives the own share up before it asks for the whole, so several suspects go one after the other.
    pub async fn alone(&self) -> Option<Alone> {
        drop(self.share.lock().unwrap_or_else(PoisonError::into_inner).take());
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            whole = self.gate.clone().write_owned() => Some(Alone(whole)),
        }
    }

    pub(super) fn fire(&self, cause: StopCause) {
        let _ = self.cause.set(cause);
        self.stop.cancel();
    }
}

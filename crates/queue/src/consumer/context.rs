//! What a running job knows about its own end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::alone::{Alone, Gate, Share};

/// Why a job has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// Its time limit is over.
    Deadline,
    /// The broker took the message away: somebody else may be running it. Emit nothing more.
    LeaseLost,
    /// The process ends.
    Shutdown,
}

impl fmt::Display for StopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "its time limit is over",
            Self::LeaseLost => "the broker took the message away",
            Self::Shutdown => "the process is stopping",
        })
    }
}

/// Given to the handler with each message.
pub struct JobContext {
    end: Arc<End>,
    gate: Arc<Gate>,
    share: Share,
}

impl JobContext {
    pub(super) fn new(end: Arc<End>, gate: Arc<Gate>, share: Share) -> Self {
        Self { end, gate, share }
    }

    /// One outside of any loop, for calling a handler directly.
    pub async fn detached(time_limit: Duration) -> Self {
        let gate = Gate::new(1);
        let share = gate.enter().await;
        Self { end: Arc::new(End::new(time_limit)), gate, share }
    }

    /// Fires when the job must stop; [`JobContext::cause`] says why.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.end.stop
    }

    /// Why it must stop, once it must.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.end.cause.get().copied()
    }

    /// How much of its time limit is left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.end.deadline().saturating_duration_since(Instant::now())
    }

    /// Waits until no other job of this loop runs, and keeps new ones from beginning while the guard lives. For a job that
    /// is suspected of taking the process down.
    ///
    /// Several that ask get their turn one after the other. The wait does not count against the time limit. One call at a
    /// time; a call while the guard of another lives answers at once. Whoever drops the future before it answers goes on
    /// beside the others, and should end soon.
    pub async fn alone(&self) -> Alone<'_> {
        let _paused = Paused::begin(&self.end);
        self.share.alone(&self.gate).await
    }
}

/// When and why a job ends.
pub(super) struct End {
    stop: CancellationToken,
    cause: OnceLock<StopCause>,
    clock: Mutex<Clock>,
}

struct Clock {
    deadline: Instant,
    paused: Option<Instant>,
}

impl End {
    pub(super) fn new(time_limit: Duration) -> Self {
        let now = Instant::now();
        // A limit beyond what an instant can hold is no limit.
        let deadline = now.checked_add(time_limit).unwrap_or(now + Duration::from_secs(86_400 * 365));
        Self {
            stop: CancellationToken::new(),
            cause: OnceLock::new(),
            clock: Mutex::new(Clock { deadline, paused: None }),
        }
    }

    /// Tells the job to stop. The first cause stands.
    pub(super) fn stop(&self, cause: StopCause) {
        let _ = self.cause.set(cause);
        self.stop.cancel();
    }

    /// When the time limit is over; moves on while the clock is paused.
    pub(super) fn deadline(&self) -> Instant {
        let clock = self.lock();
        clock.deadline + clock.paused.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Waits for the deadline.
    pub(super) async fn passed(&self) {
        loop {
            let deadline = self.deadline();
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Paused<'a> {
    end: &'a End,
}

impl<'a> Paused<'a> {
    fn begin(end: &'a End) -> Self {
        end.lock().paused.get_or_insert_with(Instant::now);
        Self { end }
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        let mut clock = self.end.lock();
        if let Some(since) = clock.paused.take() {
            clock.deadline += since.elapsed();
        }
    }
}

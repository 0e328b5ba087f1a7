//! What a running job knows about its own end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::alone::{Alone, Gate, Share};
use super::running::Running;
use crate::names::Queue;

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
    job: Arc<Running>,
    gate: Arc<Gate>,
    share: Share,
}

impl JobContext {
    pub(super) fn new(job: Arc<Running>, gate: Arc<Gate>, share: Share) -> Self {
        Self { job, gate, share }
    }

    /// One outside of any loop, for calling a handler directly.
    pub async fn detached(time_limit: Duration) -> Self {
        let gate = Gate::new(1);
        let share = gate.enter().await;
        // Of some queue: nobody asks which.
        let job = Running::new(None, Queue::ScanBulk, CancellationToken::new());
        job.end.begin(time_limit);
        Self { job: Arc::new(job), gate, share }
    }

    /// Fires when the job must stop; [`JobContext::cause`] says why.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.job.end.stop
    }

    /// Why it must stop, once it must.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.job.end.cause()
    }

    /// How much of its time limit is left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.job.end.deadline().saturating_duration_since(Instant::now())
    }

    /// Waits until no other job of this loop runs, and keeps new ones from beginning while the guard lives. For a job that
    /// is suspected of taking the process down.
    ///
    /// Several that ask get their turn one after the other. The wait does not count against the time limit. One call at a
    /// time; a call while the guard of another lives answers at once. Whoever drops the future before it answers goes on
    /// beside the others, and should end soon.
    pub async fn alone(&self) -> Alone<'_> {
        let _paused = self.job.end.pause();
        self.share.alone(&self.gate).await
    }
}

//! A job in hand, and what ends it from outside.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::context::StopCause;
use super::liveness::{Liveness, RunningJob};
use crate::names::Queue;

/// How often all jobs are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A job from its delivery to its verdict.
pub(super) struct Running {
    pub(super) id: Option<String>,
    pub(super) queue: Queue,
    /// When it was delivered.
    pub(super) since: Instant,
    /// Fires when the broker takes the message away.
    pub(super) lost: CancellationToken,
    pub(super) end: End,
}

impl Running {
    pub(super) fn new(id: Option<String>, queue: Queue, lost: CancellationToken) -> Self {
        let since = Instant::now();
        Self { id, queue, since, lost, end: End::new(since) }
    }

    pub(super) fn show(&self) -> RunningJob {
        RunningJob {
            id: self.id.clone().unwrap_or_else(|| "without id".to_owned()),
            queue: self.queue,
            ran: self.end.ran(),
            overdue: Instant::now().saturating_duration_since(self.end.deadline()),
        }
    }

    /// Why it has to stop now, if it has to.
    fn must_stop(&self, killed: bool, now: Instant) -> Option<StopCause> {
        if self.lost.is_cancelled() {
            return Some(StopCause::LeaseLost);
        }
        if killed {
            return Some(StopCause::Shutdown);
        }
        (self.end.deadline() <= now).then_some(StopCause::Deadline)
    }
}

/// Tells the jobs of a loop to stop that have to, for ever. One look at all of them costs less than three waits in each.
/// Like everything here it counts on jobs that do not block their thread.
pub(super) async fn tell_who_must_stop(liveness: Arc<Liveness>, killing: CancellationToken) {
    loop {
        let (now, killed) = (Instant::now(), killing.is_cancelled());
        let mut looked_at = 0;
        liveness.each(|job| {
            looked_at += 1;
            if let Some(cause) = job.must_stop(killed, now) {
                job.end.stop(cause);
            }
        });
        tokio::select! {
            biased;
            () = killing.cancelled(), if !killed => {}
            () = liveness.begun(), if looked_at == 0 => {}
            () = tokio::time::sleep(LOOK), if looked_at > 0 => {}
        }
    }
}

/// When and why a job ends.
pub(super) struct End {
    pub(super) stop: CancellationToken,
    cause: OnceLock<StopCause>,
    told: AtomicWaker,
    clock: Mutex<Clock>,
}

struct Clock {
    began: Instant,
    deadline: Instant,
    paused: Option<Instant>,
}

/// A limit beyond what an instant can hold is no limit.
const NO_LIMIT: Duration = Duration::from_secs(86_400 * 365);

impl End {
    fn new(now: Instant) -> Self {
        Self {
            stop: CancellationToken::new(),
            cause: OnceLock::new(),
            told: AtomicWaker::new(),
            clock: Mutex::new(Clock { began: now, deadline: now + NO_LIMIT, paused: None }),
        }
    }

    /// Its time begins.
    pub(super) fn begin(&self, time_limit: Duration) {
        let now = Instant::now();
        let deadline = now.checked_add(time_limit).unwrap_or(now + NO_LIMIT);
        *self.lock() = Clock { began: now, deadline, paused: None };
    }

    /// Tells the job to stop. The first cause stands.
    fn stop(&self, cause: StopCause) {
        if self.cause.set(cause).is_ok() {
            self.stop.cancel();
            self.told.wake();
        }
    }

    /// Why it was told to stop, if it was.
    pub(super) fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }

    /// Waits until the job is told to stop. For one task.
    pub(super) async fn told(&self) -> StopCause {
        poll_fn(|context| {
            self.told.register(context.waker());
            self.cause().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// How long its time runs.
    fn ran(&self) -> Duration {
        self.lock().began.elapsed()
    }

    /// When the time limit is over; moves on while the clock is paused.
    pub(super) fn deadline(&self) -> Instant {
        let clock = self.lock();
        clock.deadline + clock.paused.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Stops the clock while the answer lives.
    pub(super) fn pause(&self) -> Paused<'_> {
        self.lock().paused.get_or_insert_with(Instant::now);
        Paused(self)
    }

    fn lock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of a job stands.
pub(super) struct Paused<'a>(&'a End);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        let mut clock = self.0.lock();
        if let Some(since) = clock.paused.take() {
            clock.deadline += since.elapsed();
        }
    }
}

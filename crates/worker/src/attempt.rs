//! Around an attempt: the heartbeat that keeps its fence, the signals that stop it, and what its outcome means.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{EndReason, JobId, NotAssessed};
use checkmate_queue::consumer::{JobContext, StopCause};
use checkmate_queue::retry_level;
use checkmate_scanners::{ScanContext, ScanError};
use checkmate_service::crashpoint::crashpoint;
use checkmate_store::{Assignment, Attempt, AttemptEnd, EndedAttempt, Fence, JobEnded, Renewed};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::leases::JobLeases;
use crate::waits::brief;
use crate::worker::{Left, Worker, of};

/// How an attempt ended.
pub(crate) enum Outcome {
    /// What it caused is stored and published.
    Done,
    /// Another attempt has taken over, or the scan was cancelled: nothing may be written.
    LostFence,
    /// The scanner could not.
    Failed(ScanError),
    /// Store or broker could not be reached; what was stored stays, the rest is repeated.
    Interrupted(Left),
}

impl From<ScanError> for Outcome {
    fn from(error: ScanError) -> Self {
        Self::Failed(error)
    }
}

impl<E: Into<Left>> From<E> for Outcome {
    fn from(error: E) -> Self {
        Self::Interrupted(error.into())
    }
}

impl Worker {
    /// Runs the attempt while its fence is kept. A scanner that panics has failed; one that does not end when it is told to
    /// is dropped, early enough to write down that it was.
    pub(crate) async fn attempt(&self, attempt: &Attempt, ctx: &JobContext) -> Outcome {
        let stop = ctx.stopping().child_token();
        let context = self.context_of(attempt, &stop);
        let work = async {
            match &attempt.assignment {
                Assignment::Discover(scope) => Box::pin(self.discover(attempt, scope, &context)).await,
                Assignment::Scan(spec) => self.scan(attempt, spec, &context).await,
            }
        };
        tokio::select! {
            // What is done is done, whatever else has come to pass; and only what waits looks at the rest.
            biased;
            outcome = AssertUnwindSafe(work).catch_unwind() => match outcome {
                Ok(Ok(outcome) | Err(outcome)) => outcome,
                Err(panic) => Outcome::Failed(panicked(&attempt.fence.job, &*panic)),
            },
            () = self.heartbeat(&attempt.fence, &stop) => Outcome::LostFence,
            () = overdue(ctx.stopping(), self.config.stop_within) => Outcome::Failed(ScanError::Stopped),
        }
    }

    /// What the scanner gets: the installation's, with a stop and with leases of this attempt.
    fn context_of(&self, attempt: &Attempt, stop: &CancellationToken) -> ScanContext {
        let context = ScanContext { stop: stop.clone(), ..self.context.clone() };
        match &self.lessor {
            Some(lessor) => {
                let leases = JobLeases::new(Arc::clone(lessor), &attempt.fence.job, &attempt.scan);
                ScanContext { credentials: Arc::new(leases), ..context }
            }
            None => context,
        }
    }

    /// Renews the fence until it is lost or the scan is cancelled; an unreachable store is asked again.
    async fn heartbeat(&self, fence: &Fence, stop: &CancellationToken) {
        loop {
            tokio::time::sleep(self.config.fence_ttl / 3).await;
            match self.store.renew_fence(fence, self.config.fence_ttl).await {
                Ok(Renewed::Held) => {}
                Ok(Renewed::Lost | Renewed::Cancelled) => return stop.cancel(),
                Err(error) => tracing::debug!(%error, job = %fence.job, "fence not renewed; tried again"),
            }
        }
    }

    /// Writes down how an attempt ended, and decides about its message.
    pub(crate) async fn after(
        &self,
        attempt: &Attempt,
        outcome: Outcome,
        ctx: &JobContext,
    ) -> Result<(), Left> {
        let fence = &attempt.fence;
        let error = match outcome {
            Outcome::Done => return Ok(()),
            Outcome::LostFence => return Err(self.taken_over()),
            Outcome::Interrupted(left) => {
                self.give_back(fence, self.config.outage_wait, Some(left.why())).await?;
                return Err(left);
            }
            Outcome::Failed(error) => error,
        };
        match (error, ctx.cause()) {
            (ScanError::Missing(what), _) => self.conclude(fence, NotAssessed::TargetMissing(what)).await,
            (ScanError::NotAssessed(why), _) => self.conclude(fence, why).await,
            (ScanError::Wait(after, why), _) => {
                self.give_back(fence, after, Some(&why)).await?;
                self.waits.begin(&of(attempt), &brief(&why));
                Err(Left::Later(after, why))
            }
            (ScanError::Permanent(why), _) => self.conclude(fence, NotAssessed::Failed(why)).await,
            (ScanError::Stopped, Some(StopCause::Deadline)) => {
                self.count_failure(attempt, "the time limit passed".to_owned(), Duration::ZERO).await
            }
            (ScanError::Stopped, _) => {
                self.give_back(fence, self.config.outage_wait, None).await?;
                Err(Left::Later(self.config.outage_wait, "stopped before it was done".to_owned()))
            }
            (ScanError::Transient(error), _) => self.count_failure(attempt, error, Duration::ZERO).await,
            (ScanError::Later(after, error), _) => self.count_failure(attempt, error, after).await,
        }
    }

    /// Not done: the message comes again and learns from the store whether anything is left to do.
    fn taken_over(&self) -> Left {
        Left::Later(self.config.outage_wait, "the fence was lost before the attempt was done".to_owned())
    }

    /// `why`: what the job waits for, when it is more than a worker.
    async fn give_back(&self, fence: &Fence, wait: Duration, why: Option<&str>) -> Result<(), Left> {
        let end = AttemptEnd::GivenBack { retry_after: back_after(wait), why: why.map(brief) };
        self.store.end_attempt(fence, &end).await?;
        Ok(())
    }

    /// `least`: the vendor asked to be left alone for so long.
    async fn count_failure(&self, attempt: &Attempt, error: String, least: Duration) -> Result<(), Left> {
        let (fence, job) = (&attempt.fence, &attempt.fence.job);
        let failures = self.store.job(job).await?.map_or(0, |job| job.failures) + 1;
        let retry_after = self.config.retry_after(failures).max(least);
        let end = AttemptEnd::Failed { error: error.clone(), retry_after: back_after(retry_after) };
        let ended = self.store.end_attempt(fence, &end).await?;
        crashpoint("worker.after-failure");
        match ended {
            EndedAttempt::FenceLost => Err(self.taken_over()),
            EndedAttempt::Noted(failures) if failures >= self.config.max_failures => {
                self.condemn(job, NotAssessed::Failed(error)).await
            }
            EndedAttempt::Noted(_) => {
                self.waits.begin(&of(attempt), &brief(&error));
                Err(Left::Later(retry_after, error))
            }
        }
    }

    /// Ends the job with an answer that another attempt would not change; its message is done, not dead.
    async fn conclude(&self, fence: &Fence, reason: NotAssessed) -> Result<(), Left> {
        let end = AttemptEnd::GivenBack { retry_after: Duration::ZERO, why: None };
        if self.store.end_attempt(fence, &end).await? == EndedAttempt::FenceLost {
            return Err(self.taken_over());
        }
        crashpoint("worker.after-give-back");
        match self.store.end_job(&fence.job, &EndReason::NotAssessed(reason), None).await? {
            JobEnded::Ended(released, _) => self.publish(Vec::new(), &released).await,
            JobEnded::Kept | JobEnded::Unknown => Ok(()),
        }
    }
}

/// When a message that is put off so long comes back at the latest: the ladder has steps, and the keeper must not take a
/// message on a longer step for a lost one.
fn back_after(wait: Duration) -> Duration {
    retry_level(wait).1
}

/// Fires when what was told to stop has not ended in time.
async fn overdue(stopping: &CancellationToken, within: Duration) {
    stopping.cancelled().await;
    tokio::time::sleep(within).await;
}

/// A panic is a failure like others, but one to be reported.
fn panicked(job: &JobId, panic: &(dyn Any + Send)) -> ScanError {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("without a message");
    let line = brief(text);
    tracing::error!(%job, reason = line, "a scanner panicked, a fault in this program; please report it");
    ScanError::Transient(format!("the scanner panicked: {line}"))
}

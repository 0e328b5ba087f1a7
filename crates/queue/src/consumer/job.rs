//! One message from delivery to verdict.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use checkmate_service::crashpoint::crashpoint;
use checkmate_service::metrics;
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::Handler;
use super::alone::{Gate, Share};
use super::context::{JobContext, StopCause};
use super::liveness::{Liveness, RunningJob};
use super::running::Running;
use super::slots::Slot;
use crate::contract::{Delivery, Lease, Message, Settle, Settled};
use crate::measured::consumed;

/// What a job needs from its loop.
pub(super) struct Surroundings<H> {
    pub(super) handler: Arc<H>,
    pub(super) gate: Arc<Gate>,
    pub(super) liveness: Arc<Liveness>,
    /// Fires when work in hand must stop.
    pub(super) killing: CancellationToken,
    pub(super) grace: Duration,
    pub(super) after_trouble: Duration,
    pub(super) settle_within: Duration,
}

/// How it ended, for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With the handler's verdict.
    Decided,
    /// The loop had to decide: panic or deadline.
    Overruled,
    /// Given back because the process stops.
    GivenBack,
    /// The message was taken away.
    LeaseLost,
    /// The verdict did not reach the broker.
    NotSettled,
}

/// An end, and who was told to stop because the process stops.
pub(super) struct Finished {
    pub(super) ended: Ended,
    pub(super) late: Option<RunningJob>,
}

/// Runs the handler and settles. Dropping this future drops the handler's and leaves the message unsettled.
pub(super) async fn run<H: Handler>(
    around: Arc<Surroundings<H>>,
    delivery: Delivery,
    _slot: Slot,
) -> Finished {
    let Delivery { message, lease } = delivery;
    let job = Arc::new(Running::new(message.id.clone(), message.queue, lease.lost()));
    let _in_hand = consumed(&message);
    let mut late = None;
    let outcome = tokio::select! {
        biased;
        // Boxed, so that neither piece is beyond what the allocator hands out quickly.
        share = around.gate.enter() => Box::pin(around.attempt(&job, message, share, &mut late)).await,
        () = job.lost.cancelled() => Outcome::GiveBack,
        () = around.killing.cancelled() => Outcome::GiveBack,
    };
    let queue = job.queue;
    if job.lost.is_cancelled() {
        tracing::info!(%queue, id = job.id, "the broker took the message away; nothing is settled");
        metrics::settled(queue.name(), LEASE_LOST, job.since.elapsed());
        return Finished { ended: Ended::LeaseLost, late };
    }
    let (settle, ended) = match outcome {
        Outcome::Verdict(Settle::Requeue) | Outcome::GiveBack => (Settle::Requeue, Ended::GivenBack),
        Outcome::Verdict(settle) => (settle, Ended::Decided),
        Outcome::Trouble(reason) => (Settle::Later { after: around.after_trouble, reason }, Ended::Overruled),
    };
    let verdict = word(&settle);
    let ended = around.settle(&job, lease, settle, ended).await;
    let outcome = match ended {
        Ended::LeaseLost => LEASE_LOST,
        Ended::NotSettled => "not settled",
        Ended::Decided | Ended::Overruled | Ended::GivenBack => verdict,
    };
    metrics::settled(queue.name(), outcome, job.since.elapsed());
    Finished { ended, late }
}

/// What became of a message that was taken away, as a metric tells it.
const LEASE_LOST: &str = "taken away";

/// A verdict as a metric tells it.
fn word(settle: &Settle) -> &'static str {
    match settle {
        Settle::Done => "done",
        Settle::Later { .. } => "later",
        Settle::Dead { .. } => "dead",
        Settle::Requeue => "given back",
    }
}

enum Outcome {
    Verdict(Settle),
    Trouble(String),
    GiveBack,
}

impl<H: Handler> Surroundings<H> {
    async fn attempt(
        &self,
        job: &Arc<Running>,
        message: Message,
        share: Share,
        late: &mut Option<RunningJob>,
    ) -> Outcome {
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| self.handler.read(&message)));
        let (work, limit) = match read {
            Ok(read) => read,
            Err(panic) => return panicked(job, &*panic),
        };
        job.end.begin(limit);
        let _noted = self.liveness.note(Arc::clone(job));
        let ctx = JobContext::new(Arc::clone(job), Arc::clone(&self.gate), share);
        let handling = AssertUnwindSafe(self.handler.handle(work, message, &ctx)).catch_unwind();
        let mut handling = std::pin::pin!(handling);
        let told = tokio::select! {
            biased;
            done = &mut handling => Err(done),
            cause = job.end.told() => Ok(cause),
        };
        *late = (job.end.cause() == Some(StopCause::Shutdown)).then(|| job.show());
        let cause = match told {
            Ok(cause) => cause,
            Err(done) => return outcome(job, done),
        };
        match tokio::time::timeout(self.grace, handling).await {
            Ok(done) => outcome(job, done),
            Err(_) => self.dropped(job, cause, limit),
        }
    }

    fn dropped(&self, job: &Running, cause: StopCause, limit: Duration) -> Outcome {
        let Running { id, queue, .. } = job;
        tracing::warn!(%queue, id, %cause, grace_seconds = self.grace.as_secs(), "the job did not stop and was dropped");
        match cause {
            StopCause::Deadline => {
                Outcome::Trouble(format!("the time limit of {limit:?} was over and the job did not stop"))
            }
            StopCause::Shutdown | StopCause::LeaseLost => Outcome::GiveBack,
        }
    }

    async fn settle(&self, job: &Running, lease: Box<dyn Lease>, settle: Settle, ended: Ended) -> Ended {
        let Running { id, queue, .. } = job;
        crashpoint("consumer.before-settle");
        let settled = tokio::time::timeout(self.settle_within, lease.settle(settle)).await;
        crashpoint("consumer.after-settle");
        match settled {
            Ok(Settled::Accepted) => ended,
            Ok(Settled::LeaseLost) => {
                tracing::info!(%queue, id, "the message was taken away before it was settled; it comes again");
                Ended::LeaseLost
            }
            Ok(Settled::Failed(why)) => {
                tracing::warn!(%queue, id, why, "the verdict did not reach the broker; the message comes again");
                Ended::NotSettled
            }
            Err(_) => {
                tracing::warn!(%queue, id, "the broker did not answer a verdict in time; the message comes again");
                Ended::NotSettled
            }
        }
    }
}

fn outcome(job: &Running, done: Result<Settle, Box<dyn Any + Send>>) -> Outcome {
    match done {
        Ok(settle) => Outcome::Verdict(settle),
        Err(panic) => panicked(job, &*panic),
    }
}

fn panicked(job: &Running, panic: &(dyn Any + Send)) -> Outcome {
    let reason = format!("the handler panicked: {}", one_line(panic));
    tracing::error!(queue = %job.queue, id = job.id, reason, "a fault in this program; please report it");
    Outcome::Trouble(reason)
}

/// The panic's message, fit for a header and a log line.
fn one_line(panic: &(dyn Any + Send)) -> String {
    const MOST: usize = 300;
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("without a message");
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_told_by_the_words_of_the_documents() {
        let (after, reason) = (Duration::ZERO, String::new());
        let words = [
            (Settle::Done, "done"),
            (Settle::Later { after, reason: reason.clone() }, "later"),
            (Settle::Dead { reason }, "dead"),
            (Settle::Requeue, "given back"),
        ];
        for (settle, told) in words {
            assert_eq!(word(&settle), told);
        }
    }
}

//! An attempt as a span in the trace of its scan, and the word for how it ended.

use checkmate_domain::TraceParent;
use checkmate_queue::Message;
use checkmate_scanners::ScanError;
use checkmate_service::telemetry::{Kind, Place, Span};
use checkmate_store::{Attempt, Fence};

use crate::attempt::Outcome;

/// The span of an attempt that a message caused. Retries link to the first attempt.
pub(crate) fn span(attempt: &Attempt, message: &Message) -> Span {
    let Attempt { fence: Fence { job, .. }, scan, number, assignment, .. } = attempt;
    let place = || {
        let at = TraceParent::of_attempt(scan, job, *number);
        let parent = at.parent(message.cause, || TraceParent::of_request(scan));
        Place { at: at.ids(), parent: Some(parent) }
    };
    let mut span = Span::start("process", message.queue.name(), Kind::Consumer, place);
    span.note("messaging.message.id", job.as_str());
    span.note("checkmate.scan.id", scan.as_str());
    span.note("checkmate.job.kind", assignment.kind().as_str());
    if *number > 1 {
        span.link(TraceParent::of_attempt(scan, job, 1).span);
    }
    span
}

impl Outcome {
    /// As metrics and spans tell it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Done => DONE,
            Self::LostFence => "fence lost",
            Self::Interrupted(_) => "interrupted",
            Self::Failed(ScanError::Missing(_)) => "target missing",
            Self::Failed(ScanError::NotAssessed(_)) => "not assessed",
            Self::Failed(ScanError::Permanent(_)) => "cannot be done",
            Self::Failed(ScanError::Transient(_) | ScanError::Later(..)) => "failed",
            Self::Failed(ScanError::Wait(..)) => "given back",
            Self::Failed(ScanError::Stopped) => "stopped",
        }
    }
}

/// The word for an attempt that did what it should.
pub(crate) const DONE: &str = "done";

//! Reconciling a result as a span in the trace of its scan, and what is counted of it.

use std::time::Duration;

use checkmate_domain::{TraceParent, TransitionKind};
use checkmate_queue::Queue;
use checkmate_service::metrics;
use checkmate_service::telemetry::{Kind, Place, Span};
use checkmate_store::{ReconcileCommit, ReconcileInput, ScanRecord};

/// The span of reconciling what was loaded. From the second time on it links to the first.
pub(crate) fn span(input: &ReconcileInput, cause: Option<TraceParent>) -> Span {
    let ReconcileInput { job, loads, .. } = input;
    let place = || {
        let at = TraceParent::of_reconcile(&job.scan, &job.id, *loads);
        let parent = at.parent(cause, || TraceParent::of_attempt(&job.scan, &job.id, job.attempt));
        Place { at: at.ids(), parent: Some(parent) }
    };
    let mut span = Span::start("process", Queue::Results.name(), Kind::Consumer, place);
    span.note("messaging.message.id", job.id.as_str());
    span.note("checkmate.scan.id", job.scan.as_str());
    if *loads > 1 {
        span.link(TraceParent::of_reconcile(&job.scan, &job.id, 1).span);
    }
    span
}

/// Counts what was committed.
pub(crate) fn count(commit: &ReconcileCommit, took: Duration) {
    metrics::reconciled(took);
    for transition in &commit.transitions {
        metrics::transition(word(transition.kind));
    }
}

/// Counts a scan whose end was announced.
pub(crate) fn over(scan: &ScanRecord) {
    if let Some(finished) = scan.finished_at {
        metrics::scan_over(scan.state.as_str(), finished.since(scan.created_at));
    }
}

const fn word(kind: TransitionKind) -> &'static str {
    match kind {
        TransitionKind::Opened => "opened",
        TransitionKind::Resolved => "resolved",
        TransitionKind::Reopened => "reopened",
        TransitionKind::Withdrawn => "withdrawn",
        TransitionKind::Changed => "changed",
    }
}

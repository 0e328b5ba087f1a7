//! A span: one piece of work in a trace, handed to the exporter when it is dropped.

use std::sync::{PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use crate::metrics;

/// The id of a trace.
pub type TraceId = [u8; 16];
/// The id of a span in its trace.
pub type SpanId = [u8; 8];

/// Where finished spans go; nowhere without an exporter.
static FINISHED: RwLock<Option<mpsc::Sender<Finished>>> = RwLock::new(None);

/// What a span is to the messages around it, by the numbers of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It causes messages and waits for no answer.
    Producer = 4,
    /// A message caused it.
    Consumer = 5,
}

/// A span that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) began: u128,
    pub(super) ended: u128,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) link: Option<(TraceId, SpanId)>,
    /// What went wrong.
    pub(super) failed: Option<String>,
}

/// Where a span stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its trace and its own id.
    pub at: (TraceId, SpanId),
    /// The span it belongs under.
    pub parent: Option<SpanId>,
}

/// A piece of work that goes on. Costs nothing while nobody collects spans.
#[derive(Debug)]
pub struct Span(Option<Box<Finished>>);

impl Span {
    /// Work of this kind begins; `operation` and `destination` are words of the program and make its name. Its place is asked
    /// for when somebody collects spans.
    #[must_use]
    pub fn start(
        operation: &'static str,
        destination: &'static str,
        kind: Kind,
        place: impl FnOnce() -> Place,
    ) -> Self {
        if !is_collected() {
            return Self(None);
        }
        let Place { at: (trace, id), parent } = place();
        let attributes = vec![
            ("messaging.operation.name", operation.to_owned()),
            ("messaging.destination.name", destination.to_owned()),
        ];
        let (name, began) = (format!("{operation} {destination}"), nanos());
        let span =
            Finished { trace, id, parent, name, kind, began, ended: 0, attributes, link: None, failed: None };
        Self(Some(Box::new(span)))
    }

    /// Says more about it: an id or a word, never a content.
    pub fn note(&mut self, key: &'static str, value: impl Into<String>) {
        if let Some(span) = &mut self.0 {
            span.attributes.push((key, value.into()));
        }
    }

    /// Points to an earlier span of the same trace.
    pub fn link(&mut self, to: SpanId) {
        if let Some(span) = &mut self.0 {
            span.link = Some((span.trace, to));
        }
    }

    /// Points to a span of another trace, whoever made it.
    pub fn link_beyond(&mut self, to: (TraceId, SpanId)) {
        if let Some(span) = &mut self.0 {
            span.link = Some(to);
        }
    }

    /// Tells nobody: the work was given back and begins again under the same number.
    pub fn forget(mut self) {
        self.0 = None;
    }

    /// Says that it went wrong, with a word of the program.
    pub fn fail(&mut self, why: &'static str) {
        if let Some(span) = &mut self.0 {
            span.failed = Some(why.to_owned());
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some(mut span) = self.0.take() else { return };
        span.ended = nanos();
        let finished = FINISHED.read().unwrap_or_else(PoisonError::into_inner);
        // Nobody waits for a collector.
        let sent = finished.as_ref().is_some_and(|finished| finished.try_send(*span).is_ok());
        if !sent {
            metrics::spans_dropped(1);
        }
    }
}

/// Whether somebody takes spans.
pub(super) fn is_collected() -> bool {
    let finished = FINISHED.read().unwrap_or_else(PoisonError::into_inner);
    finished.as_ref().is_some_and(|finished| !finished.is_closed())
}

/// Sends spans there from now on, unless somebody takes them already.
pub(super) fn collect(into: mpsc::Sender<Finished>) -> bool {
    let mut finished = FINISHED.write().unwrap_or_else(PoisonError::into_inner);
    let free = finished.as_ref().is_none_or(mpsc::Sender::is_closed);
    if free {
        *finished = Some(into);
    }
    free
}

fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

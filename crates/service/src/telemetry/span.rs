//! A span: one piece of work in a trace, handed to the exporter when it is dropped.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use crate::metrics;

/// The id of a trace.
pub type TraceId = [u8; 16];
/// The id of a span in its trace.
pub type SpanId = [u8; 8];

/// Where finished spans go; nowhere without an exporter.
pub(super) static FINISHED: OnceLock<mpsc::Sender<Finished>> = OnceLock::new();

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
    pub(super) link: Option<SpanId>,
    /// What went wrong.
    pub(super) failed: Option<String>,
}

/// A piece of work that goes on. Costs nothing while nobody collects spans.
#[derive(Debug)]
pub struct Span(Option<Box<Finished>>);

impl Span {
    /// Work of this kind begins; `operation` and `destination` are words of the program and make its name.
    #[must_use]
    pub fn start(
        operation: &'static str,
        destination: &'static str,
        kind: Kind,
        (trace, id): (TraceId, SpanId),
        parent: Option<SpanId>,
    ) -> Self {
        if FINISHED.get().is_none() {
            return Self(None);
        }
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
            span.link = Some(to);
        }
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
        let (Some(mut span), Some(finished)) = (self.0.take(), FINISHED.get()) else { return };
        span.ended = nanos();
        // Nobody waits for a collector.
        if finished.try_send(*span).is_err() {
            metrics::spans_dropped(1);
        }
    }
}

fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

//! What a process tells of its work: spans for a collector, and the words it logs with.

pub mod document;
mod export;
mod fields;
mod otlp;
mod span;

pub use export::{BadEndpoint, Exporter};
pub use fields::{Field, NEVER};
pub use span::{Kind, Place, Span, SpanId, TraceId};

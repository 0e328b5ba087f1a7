//! Where a piece of work stands in a trace, as W3C Trace Context writes it down.
//!
//! One scan is one trace. Its ids are made of the scan's and the job's, so whoever sends a message again, after a crash or
//! as a retry, names the same trace without having kept anything.

use std::fmt;
use std::str::FromStr;

use crate::event::EventData;
use crate::hash::digest;
use crate::id::{JobId, ScanId};

/// The message header that carries it.
pub const HEADER: &str = "traceparent";

/// How long it is as text, in bytes.
pub const LENGTH: usize = 55;

/// A trace and the span in it that caused the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// The trace.
    pub trace: [u8; 16],
    /// The span.
    pub span: [u8; 8],
    /// Whether the span was recorded.
    pub sampled: bool,
}

/// Why a text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of W3C Trace Context")]
pub struct NotATraceParent;

impl TraceParent {
    /// The request of a scan: the root of its trace.
    #[must_use]
    pub fn of_request(scan: &ScanId) -> Self {
        Self::of(scan, &["request"])
    }

    /// An attempt at a job, the first being 1.
    #[must_use]
    pub fn of_attempt(scan: &ScanId, job: &JobId, attempt: u32) -> Self {
        Self::of(scan, &["attempt", job.as_str(), &attempt.to_string()])
    }

    /// A time the result of a job is reconciled, the first being 1.
    #[must_use]
    pub fn of_reconcile(scan: &ScanId, job: &JobId, time: u32) -> Self {
        Self::of(scan, &["reconcile", job.as_str(), &time.to_string()])
    }

    /// What an event tells of: the attempt that stored a result, the request of a scan that is over.
    #[must_use]
    pub fn of_event(event: &EventData) -> Self {
        match event {
            EventData::ResultStored(stored) => Self::of_attempt(&stored.scan, &stored.job, stored.attempt),
            EventData::ScanFinished(finished) => Self::of_request(&finished.scan),
        }
    }

    /// The span that work which stands here belongs under: what caused it. A cause in another trace is nobody of ours.
    #[must_use]
    pub fn parent(&self, cause: Option<Self>, otherwise: impl FnOnce() -> Self) -> [u8; 8] {
        cause.filter(|cause| cause.trace == self.trace).unwrap_or_else(otherwise).span
    }

    /// Trace and span.
    #[must_use]
    pub const fn ids(&self) -> ([u8; 16], [u8; 8]) {
        (self.trace, self.span)
    }

    fn of(scan: &ScanId, fields: &[&str]) -> Self {
        let (mut trace, mut span) = ([0_u8; 16], [0_u8; 8]);
        trace.copy_from_slice(&digest("checkmate.trace.v1", &[scan.as_str()])[..16]);
        let fields: Vec<&str> = std::iter::once(scan.as_str()).chain(fields.iter().copied()).collect();
        span.copy_from_slice(&digest("checkmate.span.v1", &fields)[..8]);
        Self { trace, span, sampled: true }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each message has one, so it is written in one piece. The places are twice as long as what goes there.
        let mut text = *b"00-tttttttttttttttttttttttttttttttt-ssssssssssssssss-00";
        let _ = hex::encode_to_slice(self.trace, &mut text[3..35]);
        let _ = hex::encode_to_slice(self.span, &mut text[36..52]);
        text[54] = if self.sampled { b'1' } else { b'0' };
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    /// Of a version beyond 00 the parts that every version has are read, as the specification asks.
    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let bytes = text.as_bytes();
        let (known, rest) = bytes.split_at_checked(LENGTH).ok_or(NotATraceParent)?;
        let dashes = known[2] == b'-' && known[35] == b'-' && known[52] == b'-';
        let version: [u8; 1] = digits(&known[..2])?;
        let fits = match version[0] {
            0 => rest.is_empty(),
            0xFF => false,
            _ => rest.first().is_none_or(|next| *next == b'-'),
        };
        let trace: [u8; 16] = digits(&known[3..35])?;
        let span: [u8; 8] = digits(&known[36..52])?;
        let flags: [u8; 1] = digits(&known[53..])?;
        if !dashes || !fits || trace == [0; 16] || span == [0; 8] {
            return Err(NotATraceParent);
        }
        Ok(Self { trace, span, sampled: flags[0] & 1 == 1 })
    }
}

/// Lower-case hex digits.
fn digits<const N: usize>(text: &[u8]) -> Result<[u8; N], NotATraceParent> {
    let mut bytes = [0; N];
    if text.iter().any(u8::is_ascii_uppercase) {
        return Err(NotATraceParent);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| NotATraceParent)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPECIFIED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn reads_what_the_specification_shows() {
        let read: TraceParent = SPECIFIED.parse().expect("an example of the specification");
        assert!(read.sampled);
        assert_eq!(read.to_string(), SPECIFIED);
        let later = format!("cc{}-what-comes-later", &SPECIFIED[2..]);
        assert_eq!(later.parse::<TraceParent>(), Ok(read));
    }

    #[test]
    fn refuses_everything_else() {
        let cases = [
            String::new(),
            SPECIFIED.to_uppercase(),
            SPECIFIED.replace("00-0a", "ff-0a"),
            SPECIFIED.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            SPECIFIED.replace("b7ad6b7169203331", &"0".repeat(16)),
            SPECIFIED.replace("-b7", "_b7"),
            format!("{SPECIFIED}-more"),
            format!("{SPECIFIED}0"),
            format!("cc{}0", &SPECIFIED[2..]),
            SPECIFIED[..54].to_owned(),
            format!("{}g", &SPECIFIED[..54]),
        ];
        for text in cases {
            assert_eq!(text.parse::<TraceParent>(), Err(NotATraceParent), "{text}");
        }
    }

    #[test]
    fn a_scan_is_one_trace_and_every_attempt_a_span_of_its_own() {
        let (scan, job) = (ScanId::derived(&["a"]), JobId::new("j").expect("id"));
        let first = TraceParent::of_attempt(&scan, &job, 1);
        assert_eq!(first, TraceParent::of_attempt(&scan, &job, 1));
        let others = [
            TraceParent::of_attempt(&scan, &job, 2),
            TraceParent::of_reconcile(&scan, &job, 1),
            TraceParent::of_request(&scan),
        ];
        for other in others {
            assert_eq!(other.trace, first.trace);
            assert_ne!(other.span, first.span);
            assert_eq!(other.to_string().parse::<TraceParent>(), Ok(other));
        }
        assert_ne!(TraceParent::of_request(&ScanId::derived(&["b"])).trace, first.trace);
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,70}") {
            let _ = text.parse::<TraceParent>();
        }

        #[test]
        fn round_trip(trace in any::<[u8; 16]>(), span in any::<[u8; 8]>(), sampled in any::<bool>()) {
            prop_assume!(trace != [0; 16] && span != [0; 8]);
            let parent = TraceParent { trace, span, sampled };
            prop_assert_eq!(parent.to_string().parse::<TraceParent>(), Ok(parent));
        }

        #[test]
        fn one_wrong_character_is_no_other_trace(at in 0_usize..55, with in "[G-Zg-z_ ]") {
            let mut text = SPECIFIED.to_owned();
            text.replace_range(at..=at, &with);
            prop_assert!(text.parse::<TraceParent>().is_err());
        }
    }
}

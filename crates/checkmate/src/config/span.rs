//! A length of time as it is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const DAY: u64 = 24 * 3600;

/// A length of time: `500ms`, `30s`, `15m`, `24h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// Why a text is no length of time. Reads on from what it was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Nothing that names an amount of time.
    #[error("is not a length of time")]
    NotASpan,
    /// Time does not run backwards here.
    #[error("must not be negative")]
    Negative,
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        if let Some(days) = text.strip_suffix('d').and_then(|days| days.trim_end().parse::<u32>().ok()) {
            return Ok(Self(Duration::from_secs(u64::from(days) * DAY)));
        }
        let span: jiff::SignedDuration = text.parse().map_err(|_| SpanError::NotASpan)?;
        Duration::try_from(span).map(Self).map_err(|_| SpanError::Negative)
    }
}

/// In the largest unit that divides it, so that it reads as it is usually written.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if !nanos.is_multiple_of(1_000_000) {
            return write!(f, "{}ns", self.0.as_nanos());
        }
        if nanos != 0 {
            return write!(f, "{}ms", self.0.as_millis());
        }
        let (size, unit) = match seconds {
            0 => (1, "s"),
            // One day is better known as 24 hours.
            _ if seconds.is_multiple_of(DAY) && seconds > DAY => (DAY, "d"),
            _ if seconds.is_multiple_of(3600) => (3600, "h"),
            _ if seconds.is_multiple_of(60) => (60, "m"),
            _ => (1, "s"),
        };
        write!(f, "{}{unit}", seconds / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["0s", "500ms", "1ns", "30s", "90s", "15m", "24h", "36h", "90d"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("1h 30m".parse::<Span>().map(|span| span.to_string()).as_deref(), Ok("90m"));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "d", "-1d", "30", "soon", "1.5d", "99999999999d"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError::NotASpan), "{text}");
        }
        assert_eq!("-3s".parse::<Span>(), Err(SpanError::Negative));
    }
}

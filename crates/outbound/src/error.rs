//! Why there is no answer, by what the caller can do.

use std::time::Duration;

/// A call without an answer. Holds no header, no body and no address beyond the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Too slow.
    #[error("{host} did not answer within {} s", after.as_secs_f32())]
    TimedOut {
        /// Who.
        host: String,
        /// How long it was waited.
        after: Duration,
        /// Whether it may have done what it was asked.
        maybe_sent: bool,
    },
    /// No connection, or it broke.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// Who.
        host: String,
        /// What happened.
        why: String,
        /// Whether it may have done what it was asked.
        maybe_sent: bool,
    },
    /// Whoever answers is not trusted.
    #[error(
        "{host} shows a certificate that is not trusted ({why}): if a proxy or a private authority stands in between, name its certificate in outbound.ca_file"
    )]
    Tls {
        /// Who.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// More than is read.
    #[error("{host} answered with more than {cap} bytes")]
    TooLarge {
        /// Who.
        host: String,
        /// The most that is read.
        cap: usize,
    },
    /// Somewhere else; nothing is sent on.
    #[error("{host} points to {to}: its address in the configuration is not the one it answers at")]
    Redirected {
        /// Who.
        host: String,
        /// To which host.
        to: String,
    },
    /// An address from data that leads where it should not.
    #[error("{host} is refused: {why}")]
    Refused {
        /// Where.
        host: String,
        /// Why.
        why: String,
    },
    /// It failed so often that it is left alone for a while.
    #[error("{host} failed several times in a row and is left alone for {} s", again_in.as_secs())]
    CircuitOpen {
        /// Who.
        host: String,
        /// When it is tried again.
        again_in: Duration,
    },
    /// The vendor's limit is used up.
    #[error("the budget of {key} is used up for {} s", again_in.as_secs())]
    OutOfBudget {
        /// Which budget.
        key: String,
        /// When there is more.
        again_in: Duration,
    },
    /// An answer nobody understands.
    #[error("the answer of {host} cannot be read: {why}")]
    Unreadable {
        /// Who.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// It could not even be written.
    #[error("the request cannot be written: {0}")]
    NotSendable(String),
}

impl CallError {
    /// Whether it may be otherwise soon.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut { .. }
            | Self::Unreachable { .. }
            | Self::CircuitOpen { .. }
            | Self::OutOfBudget { .. }
            | Self::Unreadable { .. } => true,
            Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::Redirected { .. }
            | Self::Refused { .. }
            | Self::NotSendable(_) => false,
        }
    }

    /// When to try again, when that is known.
    #[must_use]
    pub fn again_in(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen { again_in, .. } | Self::OutOfBudget { again_in, .. } => Some(*again_in),
            _ => None,
        }
    }

    /// Whether the vendor may have done what it was asked.
    #[must_use]
    pub fn maybe_sent(&self) -> bool {
        match self {
            Self::TimedOut { maybe_sent, .. } | Self::Unreachable { maybe_sent, .. } => *maybe_sent,
            Self::TooLarge { .. } | Self::Redirected { .. } | Self::Unreadable { .. } => true,
            Self::Tls { .. }
            | Self::Refused { .. }
            | Self::CircuitOpen { .. }
            | Self::OutOfBudget { .. }
            | Self::NotSendable(_) => false,
        }
    }
}

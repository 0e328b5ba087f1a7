//! Why a request came to nothing, by what the sender can do; pure.

use std::time::Duration;

use checkmate_outbound::CallError;

use super::access::NoAccess;
use crate::ledger::Sent;
use crate::render::line;

/// The longest text of a vendor's that is repeated, in characters.
const LONGEST: usize = 300;

/// A request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nobody knows whether it was done: look.
    #[error("{0}")]
    Unclear(String),
    /// Nothing was done: try again, not before this time where somebody names one.
    #[error("{0}")]
    Later(String, Option<Duration>),
    /// Nothing was done, as somebody else changed it meanwhile: read it again.
    #[error("{0}")]
    Conflict(String),
    /// The credential is good no more: lease another one.
    #[error("{0} does not take the credential of the connection: connect the account again")]
    Stale(&'static str),
    /// The channel cannot be used until a person sets something right: wait for that.
    #[error("{0}")]
    Unusable(String),
    /// It is not there, or may not be seen.
    #[error("{0}")]
    Gone(String),
    /// The vendor does not want it as it is: a person has to act. The fields it names, with its reasons.
    #[error("{text}")]
    Refused {
        /// All of it in one line.
        text: String,
        /// Ids of fields and what is wrong with each.
        fields: Vec<(String, String)>,
    },
    /// The turn of this sender is over: somebody else may be at it.
    #[error("the time for this delivery was over before it was sent")]
    TooLate,
}

/// What a call without an answer means.
pub(crate) fn of_call(error: &CallError) -> Trouble {
    let said = error.to_string();
    match error {
        _ if error.maybe_sent() => Trouble::Unclear(said),
        CallError::Tls { .. } | CallError::Refused { .. } => Trouble::Unusable(said),
        CallError::NotSendable(_) => Trouble::refused(said),
        _ => Trouble::Later(said, error.again_in()),
    }
}

impl From<NoAccess> for Trouble {
    fn from(none: NoAccess) -> Self {
        match none {
            NoAccess::Unusable(why) => Self::Unusable(why),
            NoAccess::Later(why, wait) => Self::Later(why, wait),
        }
    }
}

impl Trouble {
    /// What Atlassian says of any of its products, whose scopes are those that it `takes`; nothing where the product's own
    /// words count.
    pub(crate) fn of_atlassian(
        product: &'static str,
        takes: &str,
        status: u16,
        message: &str,
        wait: Option<Duration>,
        said: &str,
    ) -> Option<Self> {
        let said = said.to_owned();
        Some(match status {
            401 if message.contains("scope does not match") => Self::Unusable(format!(
                "the connection lacks a scope that {product} asks for: it takes {takes} ({said})"
            )),
            401 => Self::Stale(product),
            404 | 410 => Self::Gone(said),
            // The gateway gives up waiting; what it has handed on may come to pass.
            408 | 500.. => Self::Unclear(said),
            425 | 429 => Self::Later(said, wait),
            _ => return None,
        })
    }

    /// A refusal that names no field.
    pub(crate) const fn refused(text: String) -> Self {
        Self::Refused { text, fields: Vec::new() }
    }

    /// The same of a request that only reads: whatever became of it, nothing was done.
    pub(crate) fn of_reading(self) -> Self {
        match self {
            Self::Unclear(text) => Self::Later(text, None),
            other => other,
        }
    }

    /// What it means for something that was to be made: where nobody knows, it may be there. `nowhere` says what is missing
    /// when the vendor does not know the place.
    pub(crate) fn of_create(self, nowhere: &str) -> Option<Sent> {
        let why = self.to_string();
        Some(match self {
            Self::Unclear(_) => Sent::Lost(why),
            Self::Later(_, wait) => Sent::Later(wait, why),
            Self::Conflict(_) => Sent::Later(None, why),
            Self::Stale(_) | Self::Unusable(_) => Sent::Unusable(why),
            Self::Gone(_) => Sent::Unusable(format!("{nowhere}: {why}")),
            Self::Refused { .. } => Sent::Refused(why),
            Self::TooLate => return None,
        })
    }

    /// What it means for something that is there: each step is looked at before it is done again, so nothing is ever lost.
    /// `clear` is how long to wait until what was under way has come to pass.
    pub(crate) fn of_change(self, name: &str, clear: Option<Duration>) -> Option<Sent> {
        let why = format!("{name}: {self}");
        Some(match self {
            Self::Unclear(_) => Sent::Later(clear, why),
            Self::Later(_, wait) => Sent::Later(wait, why),
            Self::Conflict(_) => Sent::Later(None, why),
            Self::Stale(_) | Self::Unusable(_) => Sent::Unusable(why),
            Self::Gone(_) | Self::Refused { .. } => Sent::Refused(why),
            Self::TooLate => return None,
        })
    }

    /// How long to wait before the next look, when somebody says so. What a person has to set right is not asked for often.
    pub(crate) fn wait(&self, long: Duration) -> Option<Duration> {
        match self {
            Self::Later(_, wait) => *wait,
            Self::Unclear(_) | Self::Conflict(_) | Self::TooLate => None,
            Self::Stale(_) | Self::Unusable(_) | Self::Gone(_) | Self::Refused { .. } => Some(long),
        }
    }
}

/// `Jira answered 400: Team is required.`
pub(crate) fn told(vendor: &str, status: u16, texts: &[String]) -> String {
    let text = line(&texts.join("; "), LONGEST);
    if text.is_empty() {
        format!("{vendor} answered {status}")
    } else {
        format!("{vendor} answered {status}: {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_without_an_answer_has_its_end() {
        let host = || "h".to_owned();
        let unreachable = |maybe_sent| CallError::Unreachable { host: host(), why: "w".into(), maybe_sent };
        for (error, end) in [
            (unreachable(true), "Lost"),
            (unreachable(false), "Later"),
            (CallError::TimedOut { host: host(), after: Duration::ZERO, maybe_sent: true }, "Lost"),
            (CallError::Unreadable { host: host(), why: "w".into() }, "Lost"),
            (CallError::TooLarge { host: host(), cap: 1 }, "Lost"),
            (CallError::Redirected { host: host(), to: "x".into() }, "Lost"),
            (CallError::CircuitOpen { host: host(), again_in: Duration::from_secs(3) }, "Later"),
            (CallError::Tls { host: host(), why: "w".into() }, "Unusable"),
            (CallError::Refused { host: host(), why: "w".into() }, "Unusable"),
            (CallError::NotSendable("w".into()), "Refused"),
        ] {
            let sent = format!("{:?}", of_call(&error).of_create("nowhere").unwrap());
            assert!(sent.starts_with(end), "{error}: {sent}");
        }
    }
}

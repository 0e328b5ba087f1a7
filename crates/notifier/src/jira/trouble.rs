//! Why a request came to nothing, by what the sender can do; pure.

use std::time::Duration;

use checkmate_outbound::CallError;
use serde::Deserialize;

use super::access::NoAccess;
use crate::ledger::Sent;
use crate::render::line;

/// The longest text of Jira's that is repeated, in characters.
const LONGEST: usize = 300;

/// A request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// Nobody knows whether it was done: look.
    #[error("{0}")]
    Unclear(String),
    /// Nothing was done: try again, not before this time where somebody names one.
    #[error("{0}")]
    Later(String, Option<Duration>),
    /// The credential is good no more: lease another one.
    #[error("Jira does not take the credential of the connection: connect the account again")]
    Stale,
    /// The channel cannot be used until a person sets something right: wait for that.
    #[error("{0}")]
    Unusable(String),
    /// It is not there, or may not be seen.
    #[error("{0}")]
    Gone(String),
    /// Jira does not want it as it is: a person has to act. The fields it names, with its reasons.
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

/// A refusal in Jira's words, or in those of the gateway in front of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refusal {
    error_messages: Vec<String>,
    errors: std::collections::BTreeMap<String, serde_json::Value>,
    message: String,
}

/// What an answer that is no success means.
pub(super) fn of_answer(status: u16, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let said = said(status, &refusal);
    match status {
        401 if refusal.message.contains("scope does not match") => Trouble::Unusable(format!(
            "the connection lacks a scope that Jira asks for: it takes read:jira-work and write:jira-work ({said})"
        )),
        401 => Trouble::Stale,
        403 => Trouble::Unusable(format!("the account of the connection may not do this in Jira: {said}")),
        404 | 410 => Trouble::Gone(said),
        // The gateway gives up waiting; what it has handed on may come to pass.
        408 | 500.. => Trouble::Unclear(said),
        409 | 425 | 429 => Trouble::Later(said, wait),
        _ if refusal.errors.contains_key("project") => {
            Trouble::Unusable(format!("the project is not there, or the account may not see it: {said}"))
        }
        _ => Trouble::Refused { text: said, fields: fields(&refusal) },
    }
}

/// What a call without an answer means.
pub(super) fn of_call(error: &CallError) -> Trouble {
    let said = error.to_string();
    match error {
        _ if error.maybe_sent() => Trouble::Unclear(said),
        CallError::Tls { .. } | CallError::Refused { .. } => Trouble::Unusable(said),
        CallError::NotSendable(_) => Trouble::Refused { text: said, fields: Vec::new() },
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
    /// What it means for a ticket that was to be made: where nobody knows, it may be there.
    pub(super) fn of_create(self) -> Option<Sent> {
        let why = self.to_string();
        Some(match self {
            Self::Unclear(_) => Sent::Lost(why),
            Self::Later(_, wait) => Sent::Later(wait, why),
            Self::Stale | Self::Unusable(_) => Sent::Unusable(why),
            Self::Gone(_) => {
                Sent::Unusable(format!("the project is not there, or the account may not see it: {why}"))
            }
            Self::Refused { .. } => Sent::Refused(why),
            Self::TooLate => return None,
        })
    }

    /// What it means for a ticket that is there: each step is looked at before it is done again, so nothing is ever lost.
    /// `clear` is how long to wait until what was under way has come to pass.
    pub(super) fn of_change(self, key: &str, clear: Option<Duration>) -> Option<Sent> {
        let why = format!("{key}: {self}");
        Some(match self {
            Self::Unclear(_) => Sent::Later(clear, why),
            Self::Later(_, wait) => Sent::Later(wait, why),
            Self::Stale | Self::Unusable(_) => Sent::Unusable(why),
            Self::Gone(_) | Self::Refused { .. } => Sent::Refused(why),
            Self::TooLate => return None,
        })
    }

    /// How long to wait before the next look, when somebody says so. What a person has to set right is not asked for often.
    pub(super) fn wait(&self, long: Duration) -> Option<Duration> {
        match self {
            Self::Later(_, wait) => *wait,
            Self::Unclear(_) | Self::TooLate => None,
            Self::Stale | Self::Unusable(_) | Self::Gone(_) | Self::Refused { .. } => Some(long),
        }
    }
}

/// `Jira answered 400: Team is required.`
fn said(status: u16, refusal: &Refusal) -> String {
    let own = refusal.error_messages.iter().cloned();
    let fields = fields(refusal).into_iter().map(|(field, why)| format!("{field}: {why}"));
    let gateway = Some(refusal.message.clone()).filter(|text| !text.is_empty());
    let texts: Vec<String> = own.chain(fields).chain(gateway).collect();
    if texts.is_empty() {
        return format!("Jira answered {status}");
    }
    format!("Jira answered {status}: {}", line(&texts.join("; "), LONGEST))
}

fn fields(refusal: &Refusal) -> Vec<(String, String)> {
    let text = |why: &serde_json::Value| why.as_str().map_or_else(|| why.to_string(), str::to_owned);
    refusal.errors.iter().map(|(field, why)| (line(field, LONGEST), line(&text(why), LONGEST))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Option<Duration> = Some(Duration::from_secs(7));

    /// What becomes of a ticket that was to be made, and of one that was to be changed.
    fn ends(status: u16, body: &str) -> (String, String) {
        let name = |sent: Option<Sent>| {
            let text = format!("{:?}", sent.unwrap());
            text.split(['(', ' ']).next().unwrap().to_owned()
        };
        let trouble = of_answer(status, WAIT, body.as_bytes());
        (name(trouble.clone().of_create()), name(trouble.of_change("SEC-1", None)))
    }

    #[test]
    fn each_answer_has_its_end() {
        for (status, body, create, change) in [
            (400, r#"{"errorMessages":[],"errors":{"x":"X is required."}}"#, "Refused", "Refused"),
            (400, r#"{"errors":{"project":"valid project is required"}}"#, "Unusable", "Unusable"),
            (400, "no json", "Refused", "Refused"),
            (401, r#"{"code":401,"message":"Unauthorized"}"#, "Unusable", "Unusable"),
            (401, r#"{"message":"Unauthorized; scope does not match"}"#, "Unusable", "Unusable"),
            (403, "{}", "Unusable", "Unusable"),
            (404, "{}", "Unusable", "Refused"),
            (408, "", "Lost", "Later"),
            (409, "", "Later", "Later"),
            (413, "", "Refused", "Refused"),
            (422, "", "Refused", "Refused"),
            (429, "", "Later", "Later"),
            (500, "", "Lost", "Later"),
            (503, "upstream connect error", "Lost", "Later"),
            (504, "", "Lost", "Later"),
        ] {
            assert_eq!(ends(status, body), (create.to_owned(), change.to_owned()), "{status} {body}");
        }
    }

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
            let sent = format!("{:?}", of_call(&error).of_create().unwrap());
            assert!(sent.starts_with(end), "{error}: {sent}");
        }
    }

    #[test]
    fn the_wait_is_the_one_that_was_asked_for_and_texts_are_bounded() {
        let later = of_answer(429, WAIT, b"").of_create();
        assert!(matches!(later, Some(Sent::Later(WAIT, _))), "{later:?}");
        let long = format!(r#"{{"errorMessages":["\u001b{}[2J"]}}"#, "x".repeat(5_000));
        let text = of_answer(400, None, long.as_bytes()).to_string();
        assert!(text.chars().count() < 350 && !text.contains('\u{1b}'), "{text}");
        let missing = of_answer(401, None, br#"{"message":"Unauthorized; scope does not match"}"#);
        assert!(missing.to_string().contains("write:jira-work"), "{missing}");
    }
}

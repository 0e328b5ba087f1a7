//! What waits for a person before it goes to the outside.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::decision::{DecisionError, LONGEST_NAME, LONGEST_TEXT, Said, bounded};
use crate::id::{ApprovalId, ScanId};
use crate::time::Timestamp;

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Ask {
    /// Whether so many new things, named by one summary, are to have tickets of their own.
    ManyNew {
        /// How many there were when it was asked.
        count: usize,
    },
    /// Whether so many tickets are to be closed after one scan.
    ManyClosing {
        /// How many there were when it was asked.
        count: usize,
    },
    /// Whether anything is to be made in a project that nothing was made in before.
    FirstUse {
        /// Its key.
        project: String,
    },
}

impl Ask {
    /// The word on screen, and in the configuration.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ManyNew { .. } => "many-new",
            Self::ManyClosing { .. } => "many-closing",
            Self::FirstUse { .. } => "first-use",
        }
    }
}

/// An answer, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Who decided.
    pub by: String,
    /// Why, where they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub decided_at: Timestamp,
}

/// How an approval stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ApprovalState {
    /// Nobody has decided.
    Waiting,
    /// What it holds goes out. For good.
    Approved(Verdict),
    /// What it holds stays undone.
    Denied(Verdict),
    /// Nobody decided in time: what it holds stays undone.
    Expired {
        /// When that was noticed.
        expired_at: Timestamp,
    },
}

impl ApprovalState {
    /// The word on screen.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved(_) => "approved",
            Self::Denied(_) => "denied",
            Self::Expired { .. } => "expired",
        }
    }
}

/// A question to a person, and what came of it. Rows of the ledger name the approval that holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Of the route, what is asked, and of which scan or project: whoever plans again asks the same.
    pub id: ApprovalId,
    /// The route whose deliveries wait.
    pub route: String,
    /// The scan that asked last.
    pub scan: ScanId,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
    /// How it stands.
    #[serde(flatten)]
    pub state: ApprovalState,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it is too late to say nothing.
    pub expires_at: Timestamp,
    /// When something is to be done about it: it expires, or rows have to follow what was decided.
    pub due: Option<Timestamp>,
    /// As it was read; 0 when it is new. The store gives it, with each write a larger one.
    pub version: u64,
}

/// An approval cannot be decided so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// A text is missing, or longer than is kept.
    #[error(transparent)]
    Text(#[from] DecisionError),
    /// What it held is on its way.
    #[error(
        "it was approved by {by} at {at}, and what it held is on its way: 'checkmate deliveries cancel' stops one of them"
    )]
    Approved {
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It says so already.
    #[error("it was denied by {by} at {at}")]
    Denied {
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
    },
}

impl Approval {
    /// A question that nobody has decided.
    #[must_use]
    pub fn asked(route: &str, scan: &ScanId, ask: Ask, now: Timestamp, valid: Duration) -> Self {
        let expires_at = now.plus(valid);
        Self {
            id: ApprovalId::derived(route, &ask, scan),
            route: route.to_owned(),
            scan: scan.clone(),
            ask,
            state: ApprovalState::Waiting,
            asked_at: now,
            expires_at,
            due: Some(expires_at),
            version: 0,
        }
    }

    /// Whether it waits for a person.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, ApprovalState::Waiting)
    }

    /// Whether what it held may go out.
    #[must_use]
    pub const fn is_approved(&self) -> bool {
        matches!(self.state, ApprovalState::Approved(_))
    }

    /// Lets go out what it holds. Who denied it, or came too late, may do so still.
    ///
    /// # Errors
    /// When it was approved before, or a text is too long.
    pub fn approve(self, reason: Option<&str>, said: &Said) -> Result<Self, ApprovalError> {
        if let ApprovalState::Approved(verdict) = self.state {
            return Err(ApprovalError::Approved { by: verdict.by, at: verdict.decided_at });
        }
        let state = ApprovalState::Approved(verdict(reason, said)?);
        Ok(self.next(state, Some(said.at)))
    }

    /// Leaves undone what it holds.
    ///
    /// # Errors
    /// When it was decided before, or a text is missing or too long.
    pub fn deny(self, reason: &str, said: &Said) -> Result<Self, ApprovalError> {
        match self.state {
            ApprovalState::Approved(verdict) => {
                Err(ApprovalError::Approved { by: verdict.by, at: verdict.decided_at })
            }
            ApprovalState::Denied(verdict) => {
                Err(ApprovalError::Denied { by: verdict.by, at: verdict.decided_at })
            }
            ApprovalState::Waiting | ApprovalState::Expired { .. } => {
                let state = ApprovalState::Denied(verdict(Some(reason), said)?);
                Ok(self.next(state, Some(said.at)))
            }
        }
    }

    /// As it is once its time is over and nobody has decided; nothing before that.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Option<Self> {
        let over = self.is_waiting() && self.expires_at <= now;
        over.then(|| self.clone().next(ApprovalState::Expired { expired_at: now }, Some(now)))
    }

    /// Asked once more, as nobody decided the last time; nothing when it stands otherwise.
    #[must_use]
    pub fn again(&self, scan: &ScanId, now: Timestamp, valid: Duration) -> Option<Self> {
        let asks = matches!(self.state, ApprovalState::Expired { .. });
        asks.then(|| Self {
            scan: scan.clone(),
            asked_at: now,
            expires_at: now.plus(valid),
            // What was cancelled because nobody decided waits again.
            ..self.clone().next(ApprovalState::Waiting, Some(now))
        })
    }

    /// When every row that it holds stands as it says; at `later` some of them are looked at again, where that is not so.
    #[must_use]
    pub fn followed(self, later: Option<Timestamp>) -> Self {
        let expires = self.is_waiting().then_some(self.expires_at);
        let state = self.state.clone();
        self.next(state, later.or(expires))
    }

    fn next(self, state: ApprovalState, due: Option<Timestamp>) -> Self {
        Self { state, due, ..self }
    }
}

fn verdict(reason: Option<&str>, said: &Said) -> Result<Verdict, ApprovalError> {
    if let Some(reason) = reason {
        bounded("reason", reason, LONGEST_TEXT)?;
    }
    bounded("name", &said.by, LONGEST_NAME)?;
    Ok(Verdict { by: said.by.clone(), reason: reason.map(str::to_owned), decided_at: said.at })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn said(millis: i64) -> Said {
        Said { by: "ann".to_owned(), at: at(millis) }
    }

    fn asked(scan: &str, ask: Ask) -> Approval {
        Approval::asked("tickets", &ScanId::new(scan).expect("an id"), ask, at(0), WEEK)
    }

    fn first_use(scan: &str) -> Approval {
        asked(scan, Ask::FirstUse { project: "SEC".to_owned() })
    }

    #[test]
    fn whoever_asks_again_asks_the_same() {
        assert_eq!(first_use("a").id, first_use("b").id, "a project is used for the first time once");
        let new = |scan, count| asked(scan, Ask::ManyNew { count }).id;
        assert_eq!(new("a", 3), new("a", 4));
        assert_ne!(new("a", 3), new("b", 3));
        assert_ne!(new("a", 3), asked("a", Ask::ManyClosing { count: 3 }).id);
    }

    #[test]
    fn who_changes_their_mind_may_approve_and_never_takes_that_back() {
        let waiting = Approval { version: 7, ..first_use("a") };
        let denied = waiting.clone().deny("not there", &said(5)).expect("a reason");
        assert!(matches!(denied.clone().deny("no", &said(6)), Err(ApprovalError::Denied { .. })));
        let expired = waiting.expired(waiting.expires_at).expect("over");
        for open in [waiting, denied, expired] {
            let approved = open.clone().approve(None, &said(9)).expect("open");
            assert_eq!((approved.version, approved.due), (7, Some(at(9))));
            assert!(matches!(approved.clone().approve(None, &said(9)), Err(ApprovalError::Approved { .. })));
            assert!(matches!(approved.clone().deny("no", &said(9)), Err(ApprovalError::Approved { .. })));
            assert_eq!(approved.expired(at(i64::MAX)), None);
            assert_eq!(approved.followed(None).due, None);
        }
    }

    #[test]
    fn what_nobody_decides_expires_and_is_asked_again() {
        let waiting = first_use("a");
        assert_eq!(waiting.expired(at(1)), None);
        let (scan, end) = (ScanId::new("b").expect("an id"), waiting.expires_at);
        assert_eq!(waiting.again(&scan, end, WEEK), None);
        let again = waiting.expired(end).expect("over").again(&scan, end, WEEK).expect("asked again");
        assert!(again.is_waiting() && again.due == Some(end), "rows have to follow");
        assert_eq!(again.followed(None).due, Some(end.plus(WEEK)));
    }

    #[test]
    fn who_denies_says_why() {
        assert!(matches!(first_use("a").deny(" ", &said(1)), Err(ApprovalError::Text(_))));
        assert!(first_use("a").approve(Some(&"x".repeat(2_001)), &said(1)).is_err());
    }

    #[test]
    fn an_approval_is_flat_json() {
        let approved = first_use("a").approve(Some("ours"), &said(5)).expect("open");
        let json = serde_json::to_value(&approved).expect("plain");
        for (key, value) in [("ask", "first-use"), ("project", "SEC"), ("state", "approved"), ("by", "ann")] {
            assert_eq!(json[key], value);
        }
        assert_eq!(serde_json::from_value::<Approval>(json).expect("the same"), approved);
        let waiting = first_use("a");
        let text = serde_json::to_string(&waiting).expect("plain");
        assert_eq!(serde_json::from_str::<Approval>(&text).expect("the same"), waiting);
    }
}

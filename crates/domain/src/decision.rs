//! What people decide about a finding. It outranks every scan until it ends.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::rule::Severity;
use crate::time::Timestamp;

/// Notes kept of one finding; another one is refused.
const MOST_NOTES: usize = 200;
/// Characters of a reason or a comment.
pub(crate) const LONGEST_TEXT: usize = 2_000;
/// Characters of a person's name or address.
pub(crate) const LONGEST_NAME: usize = 200;

/// Why nothing is to be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverKind {
    /// It is true, and somebody carries the risk.
    Accepted,
    /// It is not true.
    FalsePositive,
}

impl WaiverKind {
    /// The word on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::FalsePositive => "false-positive",
        }
    }
}

/// A finding is left as it is: by whom, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Of which kind.
    pub kind: WaiverKind,
    /// Why.
    pub reason: String,
    /// Who carries it.
    pub owner: String,
    /// When it ends.
    pub until: Timestamp,
    /// What was accepted: should the finding get worse than this, the waiver holds no longer.
    pub cap: Severity,
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Left it as it is.
    Accepted,
    /// Took that back.
    Reopened,
    /// Gave it to somebody.
    Assigned,
    /// Said something.
    Comment,
}

/// One entry of what was decided and said, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What was done.
    pub kind: NoteKind,
    /// In words.
    pub text: String,
}

/// All that people decided about one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// About which.
    pub fingerprint: Fingerprint,
    /// As it was read; 0 when it is new. The store gives it, with each write a larger one.
    pub version: u64,
    /// Why it is left as it is; not set when it is to be mended.
    pub waiver: Option<Waiver>,
    /// Who is to mend it.
    pub assignee: Option<String>,
    /// What was decided and said, oldest first.
    pub notes: Vec<Note>,
}

/// A decision cannot be written so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// A text is missing, or longer than is kept.
    #[error("the {what} has {length} characters; 1 to {most} are kept")]
    Length {
        /// Of what.
        what: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        most: usize,
    },
    /// It would end before it begins.
    #[error("{0} is past: say a later end")]
    Past(Timestamp),
    /// The finding has as many notes as are kept.
    #[error("the finding has {MOST_NOTES} notes, and no more are kept")]
    Full,
    /// It is not left as it is.
    #[error("the finding is not accepted")]
    NotAccepted,
}

/// Who says something, and when.
#[derive(Clone, Debug)]
pub struct Said {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Decision {
    /// Of a finding that nobody has decided about.
    #[must_use]
    pub const fn none(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, version: 0, waiver: None, assignee: None, notes: Vec::new() }
    }

    /// The waiver that holds now for a finding of this severity.
    #[must_use]
    pub fn holds(&self, severity: Severity, now: Timestamp) -> Option<&Waiver> {
        self.waiver.as_ref().filter(|waiver| now < waiver.until && severity <= waiver.cap)
    }

    /// Whether it was ever left as it is.
    #[must_use]
    pub fn was_waived(&self) -> bool {
        self.waiver.is_some() || self.notes.iter().any(|note| note.kind == NoteKind::Reopened)
    }

    /// Leaves the finding as it is.
    ///
    /// # Errors
    /// When the waiver is not whole, or past.
    pub fn accept(self, waiver: Waiver, said: &Said) -> Result<Self, DecisionError> {
        bounded("reason", &waiver.reason, LONGEST_TEXT)?;
        bounded("owner", &waiver.owner, LONGEST_NAME)?;
        if waiver.until <= said.at {
            return Err(DecisionError::Past(waiver.until));
        }
        let (kind, until) = (waiver.kind.as_str(), waiver.until);
        let text = format!("{kind} until {until}, {} answers for it: {}", waiver.owner, waiver.reason);
        Self { waiver: Some(waiver), ..self }.noted(NoteKind::Accepted, text, said)
    }

    /// Takes the waiver back.
    ///
    /// # Errors
    /// When there is none, or no reason.
    pub fn reopen(self, reason: &str, said: &Said) -> Result<Self, DecisionError> {
        bounded("reason", reason, LONGEST_TEXT)?;
        if self.waiver.is_none() {
            return Err(DecisionError::NotAccepted);
        }
        Self { waiver: None, ..self }.noted(NoteKind::Reopened, reason.to_owned(), said)
    }

    /// Gives it to somebody.
    ///
    /// # Errors
    /// When the name is empty or too long.
    pub fn assign(self, to: &str, said: &Said) -> Result<Self, DecisionError> {
        bounded("name", to, LONGEST_NAME)?;
        Self { assignee: Some(to.to_owned()), ..self }.noted(NoteKind::Assigned, to.to_owned(), said)
    }

    /// Says something about it.
    ///
    /// # Errors
    /// When there is nothing, or too much, to say.
    pub fn comment(self, text: &str, said: &Said) -> Result<Self, DecisionError> {
        bounded("comment", text, LONGEST_TEXT)?;
        self.noted(NoteKind::Comment, text.to_owned(), said)
    }

    fn noted(mut self, kind: NoteKind, text: String, said: &Said) -> Result<Self, DecisionError> {
        // Ending a waiver is never refused: what is hidden must be able to come back.
        if self.notes.len() >= MOST_NOTES && kind != NoteKind::Reopened {
            return Err(DecisionError::Full);
        }
        self.notes.push(Note { at: said.at, by: said.by.clone(), kind, text });
        Ok(self)
    }
}

pub(crate) fn bounded(what: &'static str, text: &str, most: usize) -> Result<(), DecisionError> {
    let length = text.trim().chars().count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(DecisionError::Length { what, length, most }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: i64) -> Said {
        Said { by: "ann".to_owned(), at: Timestamp::from_millis(at) }
    }

    fn none() -> Decision {
        Decision::none(
            serde_json::from_str("\"v1.00000000000000000000000000000001\"").expect("a fingerprint"),
        )
    }

    fn waiver(until: i64) -> Waiver {
        Waiver {
            kind: WaiverKind::Accepted,
            reason: "behind a proxy".to_owned(),
            owner: "ops".to_owned(),
            until: Timestamp::from_millis(until),
            cap: Severity::Moderate,
        }
    }

    #[test]
    fn a_waiver_holds_until_its_end_and_for_what_was_accepted() {
        let decision = Decision { version: 7, ..none() }.accept(waiver(100), &said(1)).expect("whole");
        for (severity, now, holds) in [
            (Severity::Moderate, 50, true),
            (Severity::Low, 50, true),
            (Severity::High, 50, false),
            (Severity::Moderate, 100, false),
        ] {
            assert_eq!(
                decision.holds(severity, Timestamp::from_millis(now)).is_some(),
                holds,
                "{severity} {now}"
            );
        }
        let reopened = decision.reopen("the proxy is gone", &said(2)).expect("accepted");
        assert_eq!(reopened.holds(Severity::Low, Timestamp::from_millis(50)), None);
        assert_eq!((reopened.version, reopened.notes.len()), (7, 2));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        assert!(matches!(none().accept(waiver(1), &said(1)), Err(DecisionError::Past(_))));
        let bare = Waiver { reason: " ".to_owned(), ..waiver(9) };
        assert!(matches!(none().accept(bare, &said(1)), Err(DecisionError::Length { .. })));
        assert_eq!(none().reopen("x", &said(1)), Err(DecisionError::NotAccepted));
        assert!(none().comment(&"x".repeat(2_001), &said(1)).is_err());
        assert!(none().assign("", &said(1)).is_err());
    }

    #[test]
    fn a_waiver_can_always_be_taken_back() {
        let mut decision = none();
        for _ in 0..MOST_NOTES - 1 {
            decision = decision.comment("x", &said(1)).expect("room");
        }
        decision = decision.accept(waiver(9), &said(1)).expect("room");
        assert_eq!(decision.clone().comment("x", &said(1)), Err(DecisionError::Full));
        assert!(decision.reopen("x", &said(1)).is_ok());
    }
}

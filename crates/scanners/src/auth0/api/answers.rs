//! What a tenant said, answer by answer: in memory for a scan, or in one file.

use serde::{Deserialize, Serialize};

use super::scrub;
use crate::auth0::node::Node;

/// How a file begins.
const SCHEMA: &str = "checkmate.auth0-snapshot.v1";

/// How the reason begins for what was not asked because the token may not.
pub(super) const LACKS: &str = "the token lacks";

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answered {
    /// `/api/v2/` and what follows, with its parameters.
    pub(super) path: String,
    /// The HTTP status; 0 when there was no answer.
    pub(super) status: u16,
    /// Why there was none, or why nothing was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    pub(super) body: Node,
}

/// What a tenant said. Secrets are replaced by texts of their length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    schema: String,
    /// The tenant's own host.
    pub domain: String,
    /// When it was asked, RFC 3339.
    pub taken_at: String,
    pub(super) answers: Vec<Answered>,
    #[serde(skip)]
    pub(super) bytes: u64,
    #[serde(skip)]
    pub(super) retries: u64,
}

/// A file is no such snapshot.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It is not JSON of this form.
    #[error("it is no snapshot of a tenant: {0}; 'checkmate snapshot auth0' writes one")]
    NotASnapshot(String),
    /// It is of another version.
    #[error("it is a snapshot of the form '{0}', and this release reads {SCHEMA}")]
    Version(String),
}

impl Answers {
    pub(super) fn new(domain: &str, taken_at: String, answers: Vec<Answered>) -> Self {
        Self { schema: SCHEMA.to_owned(), domain: domain.to_owned(), taken_at, answers, bytes: 0, retries: 0 }
    }

    /// The calls that were made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.answers.iter().filter(|one| one.status != 0).count() as u64
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// When it is not one.
    pub fn from_json(text: &str) -> Result<Self, AnswersError> {
        let answers: Self =
            serde_json::from_str(text).map_err(|error| AnswersError::NotASnapshot(error.to_string()))?;
        if answers.schema == SCHEMA { Ok(answers) } else { Err(AnswersError::Version(answers.schema)) }
    }

    /// For a file: also what only looks like a secret is replaced. Blocking.
    ///
    /// # Errors
    /// When a value cannot be written, which does not happen.
    pub fn into_json(mut self) -> serde_json::Result<String> {
        scrub::all(&mut self.answers.iter_mut().map(|one| &mut one.body).collect::<Vec<_>>());
        serde_json::to_string_pretty(&self)
    }
}

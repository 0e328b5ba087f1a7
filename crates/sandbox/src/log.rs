//! The tenant's own log, and what was said.

use std::collections::BTreeMap;

/// A request and its answer, bodies as JSON; a form is an object of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// How it was asked.
    pub method: String,
    /// Where.
    pub path: String,
    /// The parameters in the address.
    pub query: BTreeMap<String, String>,
    /// With what.
    pub body: serde_json::Value,
    /// The status of the answer.
    pub status: u16,
    /// The answer.
    pub answer: serde_json::Value,
}

/// An entry, as far as Token Vault writes it (`seta`, `feta`) and the token endpoint (`seccft`, `feccft`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEvent {
    /// The code.
    pub kind: &'static str,
    /// Which client asked.
    pub client: String,
    /// For which user.
    pub user: Option<String>,
    /// By which connection.
    pub connection: Option<String>,
    /// What the subject token said it was for.
    pub audit_context: Option<String>,
    /// SHA-256 of the token that was given.
    pub token_thumbprint: Option<String>,
    /// Why none was.
    pub failure_reason: Option<String>,
}

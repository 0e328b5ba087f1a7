//! The tenant's own log.

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

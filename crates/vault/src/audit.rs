//! The audit trail as the vault needs it.

use async_trait::async_trait;
use checkmate_domain::{LeaseIntent, LeaseOutcome};

/// Takes what is written down about credentials. Production implementation: `crates/checkmate/src/wiring/audit.rs`.
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// Before anything is asked for; answers when it is kept.
    ///
    /// # Errors
    /// When it is not kept for certain: then nothing is asked for.
    async fn intent(&self, intent: &LeaseIntent) -> Result<(), AuditUnavailable>;

    /// What came of it; answers when it is kept.
    ///
    /// # Errors
    /// When it is not kept for certain: then nothing is handed out.
    async fn outcome(&self, outcome: &LeaseOutcome) -> Result<(), AuditUnavailable>;
}

/// The audit trail cannot be written now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuditUnavailable(pub String);

//! Credentials by reference: the sender says what it needs, whoever runs it leases it for the job.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::Secret;
use checkmate_outbound::Client;

/// A credential of this job. Overwritten when the job ends.
#[derive(Debug)]
pub struct Held {
    /// To be applied to requests of the job's own client.
    pub secret: Secret,
}

/// The lease of one job, for one connection and the scopes that its channel names. Production implementation: the one over the vault in
/// `crates/checkmate/src/wiring/`.
#[async_trait]
pub trait Access: Send + Sync {
    /// The job's credential: leased once, however often it is asked for.
    ///
    /// # Errors
    /// When there is none, by what becomes of the delivery.
    async fn lease(&self) -> Result<Arc<Held>, NoAccess>;

    /// Another one, because the vendor did not take `old`.
    ///
    /// # Errors
    /// As above, and when it was asked for too often.
    async fn renew(&self, old: &Held) -> Result<Arc<Held>, NoAccess>;

    /// The job's own connections to the outside.
    ///
    /// # Errors
    /// When the system gives none.
    fn client(&self) -> Result<&Client, NoAccess>;
}

/// There is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// A person must connect the account, or set something right: the delivery is parked.
    #[error("{0}")]
    Unusable(String),
    /// Worth another attempt, not before this time where somebody names one.
    #[error("{0}")]
    Later(String, Option<Duration>),
}

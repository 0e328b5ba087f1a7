//! Credentials by reference: a scanner says what it needs, the worker leases it for the job.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{Account, NotAssessed, Scopes, Secret, Timestamp};
use checkmate_outbound::Client;

use crate::contract::ScanError;

/// What a scanner needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// A connection by its name in the configuration.
    pub connection: String,
    /// What it must be allowed to do.
    pub scopes: Scopes,
    /// What for, in a few words; stands in the audit trail and in the vendor's log.
    pub purpose: String,
}

/// A credential of this job. Overwritten when the job ends.
#[derive(Debug)]
pub struct Held {
    /// To be applied to requests of the job's own client.
    pub secret: Secret,
    /// What it may do, as the vendor says; empty where it does not say.
    pub granted: Scopes,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub account: Account,
}

/// Leases for one job. Production implementation: `crates/worker/src/leases.rs`.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The job's credential for a connection: leased once, however often it is asked for.
    ///
    /// # Errors
    /// When there is none, by what becomes of the job.
    async fn lease(&self, need: &Need) -> Result<Arc<Held>, NoCredential>;

    /// Another one, because the vendor did not take `old`.
    ///
    /// # Errors
    /// As above, and when it was asked for too often.
    async fn renew(&self, need: &Need, old: &Held) -> Result<Arc<Held>, NoCredential>;

    /// The job's own connections to the outside.
    ///
    /// # Errors
    /// When the system gives none.
    fn client(&self) -> Result<&Client, NoCredential>;
}

/// There is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCredential {
    /// A person must connect the account.
    #[error("{0}")]
    NeedsConnect(String),
    /// Misconfigured, or denied.
    #[error("{0}")]
    Refused(String),
    /// Worth another attempt, not before this time where somebody names one.
    #[error("{0}")]
    Transient(String, Option<Duration>),
    /// Nobody's failure: come again.
    #[error("{0}")]
    Wait(String, Duration),
}

impl From<NoCredential> for ScanError {
    fn from(none: NoCredential) -> Self {
        match none {
            NoCredential::NeedsConnect(text) => Self::NotAssessed(NotAssessed::NeedsConnect(text)),
            NoCredential::Refused(text) => Self::NotAssessed(NotAssessed::NoCredential(text)),
            NoCredential::Transient(text, None) => Self::Transient(text),
            NoCredential::Transient(text, Some(after)) => Self::Later(after, text),
            NoCredential::Wait(text, after) => Self::Wait(after, text),
        }
    }
}

/// Where no connection is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

impl NoCredentials {
    fn none<T>() -> Result<T, NoCredential> {
        let text = "no tenant to lease credentials from is configured: see [auth0] and [connections] in the configuration";
        Err(NoCredential::Refused(text.to_owned()))
    }
}

#[async_trait]
impl Credentials for NoCredentials {
    async fn lease(&self, _need: &Need) -> Result<Arc<Held>, NoCredential> {
        Self::none()
    }

    async fn renew(&self, _need: &Need, _old: &Held) -> Result<Arc<Held>, NoCredential> {
        Self::none()
    }

    fn client(&self) -> Result<&Client, NoCredential> {
        Self::none()
    }
}

//! The contract between the worker and a scanner.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{FingerprintKey, NotAssessed, Part, ScanReport, Scope, TargetId};
use tokio_util::sync::CancellationToken;

use crate::credentials::{Credentials, NoCredentials};

/// Answers rules about one kind of target. Production implementation: `auth0::export::ExportScanner`.
#[async_trait]
pub trait Scanner: Send + Sync {
    /// The targets a scope holds now.
    ///
    /// # Errors
    /// When they cannot be listed at all; a list cut short is a [`Discovery`] that is not complete.
    async fn discover(&self, scope: &Scope, ctx: &ScanContext) -> Result<Discovery, ScanError>;

    /// Answers every rule about a target, or about one part of it.
    ///
    /// What could not be looked at is in the report as not assessed and missing from its coverage.
    ///
    /// # Errors
    /// When there can be no report at all.
    async fn scan(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError>;
}

/// What an attempt gets from the worker.
#[derive(Clone)]
pub struct ScanContext {
    /// The installation's key: every finding carries a fingerprint under it.
    pub key: Arc<FingerprintKey>,
    /// What the job may lease.
    pub credentials: Arc<dyn Credentials>,
    /// Fires when the attempt must stop: time limit, lost lease, cancelled scan, shutdown.
    pub stop: CancellationToken,
}

impl ScanContext {
    /// Under this key, with nothing to lease and nobody to stop it.
    #[must_use]
    pub fn new(key: Arc<FingerprintKey>) -> Self {
        Self { key, credentials: Arc::new(NoCredentials), stop: CancellationToken::new() }
    }
}

/// The targets of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Each once, in a stable order.
    pub targets: Vec<TargetId>,
    /// Whether there can be no others; only then may a missing one count as gone.
    pub complete: bool,
}

/// What a scan job brings back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// The answers.
    Report(Box<ScanReport>),
    /// It is too much for one job: these disjoint parts answer in its place.
    Split(Vec<Part>),
}

/// Why there is no report, by what the worker does about it.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The target or the scope is not there: ends as not assessed.
    #[error("{0}")]
    Missing(String),
    /// It will not get better by trying again: ends as not assessed.
    #[error("{0}")]
    Permanent(String),
    /// It cannot be looked at, and why: ends so.
    #[error("{0}")]
    NotAssessed(NotAssessed),
    /// Worth another attempt.
    #[error("{0}")]
    Transient(String),
    /// Worth another attempt, but not before so long.
    #[error("{1}")]
    Later(Duration, String),
    /// Nobody's failure: given back for so long, and not counted.
    #[error("{1}")]
    Wait(Duration, String),
    /// The attempt was told to stop.
    #[error("stopped before it was done")]
    Stopped,
}

/// Refuses a part of a target that is only ever scanned as a whole.
pub(crate) fn no_parts(target: &TargetId, part: Option<&Part>, why: &str) -> Result<(), ScanError> {
    match part {
        Some(part) => Err(ScanError::Permanent(format!("{target} has no part {}: {why}", part.id))),
        None => Ok(()),
    }
}

/// The one of this name, or what to say when there is none.
pub(crate) fn configured<'a, T>(
    all: &'a BTreeMap<String, T>,
    name: &str,
    what: &str,
    section: &str,
) -> Result<&'a T, ScanError> {
    all.get(name).ok_or_else(|| {
        let names: Vec<&str> = all.keys().map(String::as_str).collect();
        let known =
            if names.is_empty() { "none is".to_owned() } else { format!("there are: {}", names.join(", ")) };
        ScanError::Missing(format!("no {what} {name} is configured ({known}); see [{section}]"))
    })
}

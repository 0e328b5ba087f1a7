//! What is written down about a credential: what it was asked for, before it was asked for, and what came of it.

use serde::{Deserialize, Serialize};

use crate::credential::{Account, Scopes};
use crate::id::{JobId, LeaseId, ScanId};
use crate::time::Timestamp;

/// A credential is about to be asked for. Never holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseIntent {
    /// This one attempt; the same in its outcome, and in what the vendor logs where it takes a context.
    pub lease: LeaseId,
    /// For which job; none when a person asked at the terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// For which scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanId>,
    /// Whose account.
    pub account: Account,
    /// What it must be allowed to do.
    pub scopes: Scopes,
    /// What it is for, in a few words: `connection-check`, `scan auth0:acme.eu.auth0.com`.
    pub purpose: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum LeaseResult {
    /// A credential was handed out for the job.
    Granted {
        /// What it may do, as the vendor says.
        scopes: Scopes,
        /// Until when it works.
        expires_at: Timestamp,
        /// SHA-256 of the credential, lower-case hex; the vendor's own log carries the same.
        thumbprint: String,
    },
    /// None was.
    Refused {
        /// `needs-connect`, `misconfigured`, `transient`, `denied`.
        class: String,
        /// The vendor's HTTP status, when it answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The vendor's `error` and `error_description`, or what went wrong on the way; bounded, without control characters.
        said: String,
    },
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseOutcome {
    /// Which attempt.
    pub lease: LeaseId,
    /// What came of it.
    #[serde(flatten)]
    pub result: LeaseResult,
}

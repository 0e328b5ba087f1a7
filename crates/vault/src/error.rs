//! Why there is no lease, by what is done about it.

use std::fmt;
use std::time::Duration;

use checkmate_domain::Account;

/// What the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseClass {
    /// A person must connect the account, again or for the first time.
    NeedsConnect,
    /// Our configuration and the tenant's do not fit.
    Misconfigured,
    /// The tenant knows us and says no.
    Denied,
    /// Try again, not before this time where the vendor names one.
    Transient {
        /// When.
        again_in: Option<Duration>,
    },
    /// Others have their turn at this account, or nobody could say whose it is. Wait; it is nobody's failure.
    Busy,
    /// The audit trail cannot be written, so nothing was leased. Wait; it is nobody's failure.
    NoAudit,
}

impl LeaseClass {
    /// The word in the audit trail and on screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeedsConnect => "needs-connect",
            Self::Misconfigured => "misconfigured",
            Self::Denied => "denied",
            Self::Transient { .. } => "transient",
            Self::Busy => "busy",
            Self::NoAudit => "no-audit",
        }
    }
}

/// There is no lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseError {
    /// What the caller does.
    pub class: LeaseClass,
    /// Whose credential it would have been.
    pub account: Box<Account>,
    /// The vendor's status, when it answered.
    pub status: Option<u16>,
    /// What the vendor said, or what went wrong on the way.
    pub said: String,
    /// What a person does.
    pub advice: String,
}

impl fmt::Display for LeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.account, self.said)?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        write!(f, ". {}", self.advice)
    }
}

impl std::error::Error for LeaseError {}

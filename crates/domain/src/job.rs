//! Jobs: the unit of work on a queue, and the reasons for which one ends without a result.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{PartId, ResourceId, RuleId, TargetId};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Finds the targets of a scope and seals the list of scan jobs.
    Discover,
    /// Scans one target or one part of it.
    Scan,
}

impl JobKind {
    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Scan => "scan",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which of the two work queues a job waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// A person or a webhook waits for it.
    Interactive,
    /// Scheduled; nobody waits.
    Bulk,
}

impl Lane {
    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Bulk => "bulk",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "interactive" => Ok(Self::Interactive),
            "bulk" => Ok(Self::Bulk),
            other => Err(format!("'{other}' is not a lane: use interactive or bulk")),
        }
    }
}

/// A disjoint share of a large target: rules and the ids of the resources they are asked of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Named by its content.
    pub id: PartId,
    /// The rules to ask.
    pub rules: Vec<RuleId>,
    /// Of which resources.
    pub resources: Vec<ResourceId>,
}

/// One entry of a sealed list: a scan job to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// What is scanned.
    pub target: TargetId,
    /// The share of it, when it is not the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The target is missing from two complete discoveries: its findings are to be withdrawn and nothing is read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

impl JobSpec {
    /// A job for a whole target.
    #[must_use]
    pub fn whole(target: TargetId) -> Self {
        Self { target, part: None, gone: false }
    }

    /// A job that withdraws the findings of a target that is gone.
    #[must_use]
    pub fn gone(target: TargetId) -> Self {
        Self { target, part: None, gone: true }
    }
}

/// Why a check, or a whole job, could not be answered. "Could not look" is never "is fine".
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "reason", content = "detail", rename_all = "kebab-case")]
pub enum NotAssessed {
    /// The input holds no such section, or it was left out when it was written.
    NotExported(String),
    /// The value is a placeholder or masked.
    Unknown(String),
    /// The file or answer cannot be read.
    Unreadable(String),
    /// A permission is missing.
    Forbidden(String),
    /// The tenant's plan has no such thing: what asks about it does not apply.
    NotAvailable(String),
    /// The time limit or `expires_at` has passed.
    Expired,
    /// It failed for good; the last error.
    Failed(String),
    /// The process died each time the job ran alone.
    CrashLoop,
    /// A message was given up by the broker or by us; the readable reason.
    DeadLettered(String),
    /// The target does not exist any more where it was configured.
    TargetMissing(String),
    /// Too large to be read within the bounds.
    TooLarge(String),
    /// The account is not connected, or not any more; whose and how to connect it.
    NeedsConnect(String),
    /// No credential could be had for another reason; which and what mends it.
    NoCredential(String),
}

impl fmt::Display for NotAssessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExported(what) => write!(f, "not in the export: {what}"),
            Self::Unknown(what) => write!(f, "value unknown: {what}"),
            Self::Unreadable(what) => write!(f, "unreadable: {what}"),
            Self::Forbidden(what) => write!(f, "forbidden: {what}"),
            Self::NotAvailable(what) => write!(f, "not available: {what}"),
            Self::Expired => f.write_str("expired before it could run"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::CrashLoop => f.write_str("the process died each time this job ran alone"),
            Self::DeadLettered(reason) => write!(f, "dead-lettered: {reason}"),
            Self::TargetMissing(what) => write!(f, "target missing: {what}"),
            Self::TooLarge(what) => write!(f, "too large: {what}"),
            Self::NeedsConnect(what) => write!(f, "needs connect: {what}"),
            Self::NoCredential(what) => write!(f, "no credential: {what}"),
        }
    }
}

impl NotAssessed {
    /// The short word that groups and counts: `expired`, `crash-loop`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotExported(_) => "not-exported",
            Self::Unknown(_) => "unknown",
            Self::Unreadable(_) => "unreadable",
            Self::Forbidden(_) => "forbidden",
            Self::NotAvailable(_) => "not-available",
            Self::Expired => "expired",
            Self::Failed(_) => "failed",
            Self::CrashLoop => "crash-loop",
            Self::DeadLettered(_) => "dead-lettered",
            Self::TargetMissing(_) => "target-missing",
            Self::TooLarge(_) => "too-large",
            Self::NeedsConnect(_) => "needs-connect",
            Self::NoCredential(_) => "no-credential",
        }
    }
}

/// How a job ends when it ends without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", content = "why", rename_all = "kebab-case")]
pub enum EndReason {
    /// Its question stays open.
    NotAssessed(NotAssessed),
    /// Its scan was cancelled.
    Cancelled,
    /// It sealed a list of parts that answer in its place.
    Split,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAssessed(reason) => write!(f, "not assessed ({reason})"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Split => f.write_str("split into parts"),
        }
    }
}

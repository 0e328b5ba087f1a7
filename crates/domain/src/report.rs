//! What one scan job brings back.

use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;
use crate::finding::Finding;
use crate::id::{RuleId, TargetId};
use crate::job::NotAssessed;
use crate::priority::Triaged;
use crate::rule::Rule;

/// The answer to one check for the target as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// Asked of every resource, none failed.
    Passed,
    /// At least one resource failed.
    Failed,
    /// There is nothing it could be asked of.
    NotApplicable {
        /// Why.
        why: String,
    },
    /// It could not be answered, wholly or for some resources, and nothing failed where it could.
    NotAssessed {
        /// Why.
        why: NotAssessed,
    },
}

impl CheckOutcome {
    /// The word on screen: `passed`, `failed`, `not-applicable`, `not-assessed`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable { .. } => "not-applicable",
            Self::NotAssessed { .. } => "not-assessed",
        }
    }
}

/// A check and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which rule, by its id now.
    pub rule: RuleId,
    /// The answer.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
    /// Resources it could not be asked of, each with the reason, at most 100 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<(String, NotAssessed)>,
}

impl CheckResult {
    /// Whether it was answered for everything that it was asked of.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        !matches!(self.outcome, CheckOutcome::NotAssessed { .. }) && self.unseen.is_empty()
    }
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// The whole target: a rule missing from it is gone.
    Whole,
    /// A part of it: says nothing of other rules and resources.
    Part,
    /// The target itself is gone from two complete discoveries.
    TargetGone,
}

/// What it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanStats {
    /// Requests or files read.
    pub reads: u64,
    /// Requests that were made again because the answer was to wait.
    #[serde(default)]
    pub retries: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Wall-clock time in milliseconds.
    pub millis: u64,
}

/// What one scan job brings back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanReport {
    /// Whole, part or gone.
    pub kind: ReportKind,
    /// The whole target's id.
    pub target: TargetId,
    /// A snapshot of the rules used.
    pub rules: Vec<Rule>,
    /// One answer per rule.
    pub checks: Vec<CheckResult>,
    /// Every failed check at every place.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub coverage: Coverage,
    /// What it cost.
    pub stats: ScanStats,
    /// Verdicts by position in `findings`; filled by triage in the worker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triage: Vec<Triaged>,
}

impl ScanReport {
    /// The report of a target that is not there any more.
    #[must_use]
    pub fn target_gone(target: TargetId) -> Self {
        Self {
            kind: ReportKind::TargetGone,
            target,
            rules: Vec::new(),
            checks: Vec::new(),
            findings: Vec::new(),
            coverage: Coverage::default(),
            stats: ScanStats::default(),
            triage: Vec::new(),
        }
    }
}

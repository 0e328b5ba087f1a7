//! What is remembered of findings between scans.
//!
//! The end of the way of a finding: from here people see it, and later a ticket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::coverage::Horizon;
use crate::finding::Finding;
use crate::fingerprint::{Fingerprint, KeyId};
use crate::id::{JobId, RuleId, ScanId, TargetId};
use crate::priority::Triaged;
use crate::time::Timestamp;

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// Seen, not mended. Left by reconcile when a check that ran there no longer fails.
    Open,
    /// Mended: the check ran there and passed. Left by reconcile when it fails again.
    Resolved,
    /// Failing again after it was resolved or withdrawn.
    Reopened,
    /// The target, the rule or the resource is gone.
    Withdrawn,
}

impl FindingState {
    /// Whether somebody still has to act.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Reopened)
    }

    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One finding as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// As last reported.
    pub finding: Finding,
    /// Which key made the fingerprint.
    pub key_id: KeyId,
    /// As last triaged.
    pub triage: Triaged,
    /// Where it stands.
    pub state: FindingState,
    /// The job whose report it was last taken from; that report holds the rule.
    pub job: JobId,
    /// The scan that saw it first.
    pub first_scan: ScanId,
    /// When that was reconciled.
    pub first_seen: Timestamp,
    /// The last change of state.
    pub changed_at: Timestamp,
    /// How often it came back.
    pub reopened: u32,
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransitionKind {
    /// Seen for the first time.
    Opened,
    /// The check ran there and passed.
    Resolved,
    /// Failing again.
    Reopened,
    /// Target, rule or resource gone.
    Withdrawn,
    /// Still open, with another severity or priority.
    Changed,
}

/// One entry of the append-only log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Of which finding.
    pub fingerprint: Fingerprint,
    /// What happened.
    pub kind: TransitionKind,
    /// The rule's id at that time.
    pub rule: RuleId,
    /// In which target.
    pub target: TargetId,
    /// By which scan.
    pub scan: ScanId,
    /// By which job.
    pub job: JobId,
    /// By which attempt, in store order.
    pub seq: u64,
    /// When it was reconciled.
    pub at: Timestamp,
}

/// What is remembered of a target besides its findings. Guarded by a version: the store refuses a head whose version moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHead {
    /// By rule identity: which attempts said something about which resources, newest first, up to the newest that said everything.
    #[serde(default)]
    pub horizons: BTreeMap<RuleId, Vec<(u64, Horizon)>>,
    /// By rule identity: in how many complete reports in a row the rule was missing, and the last of them.
    #[serde(default)]
    pub missing: BTreeMap<RuleId, (u32, u64)>,
    /// The newest attempt that listed its rules completely.
    #[serde(default)]
    pub whole_seq: u64,
    /// The attempt that found the target gone.
    #[serde(default)]
    pub gone_seq: u64,
}

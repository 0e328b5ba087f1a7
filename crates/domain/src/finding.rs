//! A finding as a scanner reports it: a failed check at a place, with evidence that is safe to keep.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::id::{ResourceId, RuleId, TargetId};
use crate::priority::Exposure;
use crate::rule::Severity;

/// The parts of a fingerprint, kept so that a new key can recompute it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// [`crate::Rule::identity`] of the rule.
    pub rule: RuleId,
    /// The whole target, also when a part of it was scanned.
    pub target: TargetId,
    /// Where in the target.
    pub resource: ResourceId,
    /// Tells two findings of one rule at one resource apart; empty when there is only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub discriminator: String,
}

/// What was seen, redacted by the scanner. Secrets never get here: their length and a mark do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// JSON pointer or file position of what was looked at.
    pub pointer: String,
    /// What stands there, in one line of at most 300 characters.
    pub seen: String,
    /// What should stand there.
    pub expected: String,
}

/// A failed check at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The same in every scan.
    pub fingerprint: Fingerprint,
    /// The rule's id now.
    pub rule: RuleId,
    /// What the fingerprint is made of.
    pub place: Place,
    /// The resource as a person knows it.
    pub resource_name: String,
    /// What is wrong here, in one line.
    pub title: String,
    /// How bad it is here; may differ from the rule's.
    pub severity: Severity,
    /// Who can reach it, as the scanner states it.
    pub exposure: Exposure,
    /// What was seen.
    pub evidence: Evidence,
}

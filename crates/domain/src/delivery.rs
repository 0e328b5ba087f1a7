//! Deliveries: effects on the outside.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::id::{ApprovalId, DeliveryId, GroupId, ScanId};
use crate::scope::Scope;
use crate::time::Timestamp;

/// What a delivery is about. With the route it goes by it names the one effect there is to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", content = "id")]
pub enum Subject {
    /// One finding.
    Finding(Fingerprint),
    /// All findings of one root cause.
    Group(GroupId),
    /// What was too many for tickets of their own in one scan.
    Summary(ScanId),
    /// One scan as a whole.
    Scan(ScanId),
    /// How a scope stands at a time, whichever scans there were before it.
    Digest(Scope, Timestamp),
    /// How a scope stands now, whichever scan says so.
    Posture(Scope),
    /// What one scan changed about one finding.
    Change(ScanId, Fingerprint),
}

impl Subject {
    /// The words it is derived from.
    pub(crate) fn words(&self) -> (&'static str, String) {
        match self {
            Self::Finding(fingerprint) => ("finding", fingerprint.to_string()),
            Self::Group(group) => ("group", group.to_string()),
            Self::Summary(scan) => ("summary", scan.to_string()),
            Self::Scan(scan) => ("scan", scan.to_string()),
            Self::Digest(scope, at) => ("digest", format!("{scope} {at}")),
            Self::Posture(scope) => ("posture", scope.to_string()),
            Self::Change(scan, fingerprint) => ("change", format!("{scan} {fingerprint}")),
        }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// To be sent. Left by whoever takes it.
    Planned,
    /// A person has to decide first. Left when they have.
    Waiting,
    /// Somebody is sending it, until `due`. Left by the answer, or by whoever finds it due.
    Sending,
    /// It is there. Left when it should look otherwise.
    Delivered,
    /// Sent, and the answer was lost: it is looked for before anything else is done. Left when it is found, or certainly not
    /// there.
    Unknown,
    /// Sent where nothing can be looked up: it may be there.
    Unconfirmed,
    /// Refused for good; a person has to act. Left by `deliveries retry`.
    Failed,
    /// The channel cannot be used now: it waits. Left when it can.
    Parked,
    /// A person does not want it.
    Cancelled,
}

impl DeliveryState {
    /// The word on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed => "failed",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Of route and subject.
    pub id: DeliveryId,
    /// By which route.
    pub route: String,
    /// About what.
    pub subject: Subject,
    /// The scan that asked for it last: what changed, it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanId>,
    /// The note of that scan by which it was planned: whoever goes on with that plan need not look at it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<u64>,
    /// The delivery whose ticket names it among others: then it has none of its own, and nothing is ever to be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<DeliveryId>,
    /// The approval that holds it: nothing of it goes out. Not set any more once that is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// A hash of how it should look: when that is another one, there is something to do.
    pub look: String,
    /// The look that was sent last.
    pub sent: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// As it was read; 0 when it is new. The store gives it, with each write a larger one.
    pub version: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// How often it was looked for since it was sent.
    pub looks: u32,
    /// When something is to be done about it; never when not set.
    pub due: Option<Timestamp>,
    /// What the vendor calls it, once that is known.
    pub remote: Option<String>,
    /// Why it stands where it does, for a person.
    pub why: Option<String>,
    /// The last change.
    pub changed_at: Timestamp,
}

impl DeliveryRecord {
    /// The first row of a delivery, due at once.
    #[must_use]
    pub fn planned(route: &str, subject: Subject, look: String, now: Timestamp) -> Self {
        Self {
            id: DeliveryId::derived(route, &subject),
            route: route.to_owned(),
            subject,
            scan: None,
            note: None,
            within: None,
            approval: None,
            look,
            sent: None,
            state: DeliveryState::Planned,
            version: 0,
            attempts: 0,
            looks: 0,
            due: Some(now),
            remote: None,
            why: None,
            changed_at: now,
        }
    }
}

//! Who speaks, and what changes.

use checkmate_domain::{FindingRecord, JobId, KeyId, ScanId, TargetHead, Timestamp, Transition};

/// Which attempt speaks.
#[derive(Debug, Clone)]
pub struct Speaker<'a> {
    /// Its scan.
    pub scan: &'a ScanId,
    /// Its job.
    pub job: &'a JobId,
    /// Its place in the store's order.
    pub seq: u64,
    /// When its report is reconciled.
    pub at: Timestamp,
    /// The key its fingerprints are made with.
    pub key_id: &'a KeyId,
}

/// What changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is known of the target from now on.
    pub head: TargetHead,
    /// Findings that changed, whole, in fingerprint order.
    pub upserts: Vec<FindingRecord>,
    /// What goes to the log, in fingerprint order.
    pub transitions: Vec<Transition>,
}

//! Rows that are written on their version only: deliveries, approvals, decisions.
//!
//! The store gives the versions, and none twice. Were they counted up by whoever writes, two rows written one after the other
//! in the same place could have the same one, when the store lost the first; and both writers would believe that it is theirs.

use checkmate_domain::{Approval, Decision, DeliveryRecord, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row of one of those tables.
pub(crate) trait Versioned: Serialize + DeserializeOwned + Send + 'static {
    /// Its table.
    const TABLE: &'static str;

    /// By what it is found.
    fn id(&self) -> &str;
    /// The version it was read with; 0 of one that is new.
    fn version(&self) -> u64;
    /// When something is to be done about it.
    fn due(&self) -> Option<Timestamp>;
    /// The same row with another version.
    fn with_version(self, version: u64) -> Self;
}

impl Versioned for DeliveryRecord {
    const TABLE: &'static str = "deliveries";

    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn due(&self) -> Option<Timestamp> {
        self.due
    }
    fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }
}

impl Versioned for Approval {
    const TABLE: &'static str = "approvals";

    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn due(&self) -> Option<Timestamp> {
        self.due
    }
    fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }
}

impl Versioned for Decision {
    const TABLE: &'static str = "decisions";

    fn id(&self) -> &str {
        self.fingerprint.as_str()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn due(&self) -> Option<Timestamp> {
        None
    }
    fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }
}

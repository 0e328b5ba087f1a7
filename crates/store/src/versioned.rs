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

macro_rules! versioned {
    ($record:ty, $table:literal, $id:ident, $due:expr) => {
        impl Versioned for $record {
            const TABLE: &'static str = $table;

            fn id(&self) -> &str {
                self.$id.as_str()
            }
            fn version(&self) -> u64 {
                self.version
            }
            fn due(&self) -> Option<Timestamp> {
                let due: fn(&Self) -> Option<Timestamp> = $due;
                due(self)
            }
            fn with_version(self, version: u64) -> Self {
                Self { version, ..self }
            }
        }
    };
}

versioned!(DeliveryRecord, "deliveries", id, |row| row.due);
versioned!(Approval, "approvals", id, |approval| approval.due);
versioned!(Decision, "decisions", fingerprint, |_| None);

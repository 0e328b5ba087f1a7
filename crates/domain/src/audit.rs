//! The audit trail of credentials: hash-chained segments, one for each start of a process, and checkpoints over them.
//!
//! A segment cannot lose, gain or swap a record without breaking its chain; a checkpoint, signed and kept outside of the
//! store, holds where every segment stood, so that a segment cut short, taken away or written anew shows too.

pub mod export;
mod verify;

use serde::{Deserialize, Serialize};

use crate::hash::derive;
use crate::id::WorkerId;
use crate::lease::{LeaseIntent, LeaseOutcome};
use crate::time::Timestamp;

pub use verify::{Bad, Trail, Verdict, verify};

/// Before the first record of a segment, and before the first checkpoint.
const NOTHING: &str = "";

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum AuditEvent {
    /// A process begins its segment.
    Opened {
        /// Its role.
        role: String,
        /// The release.
        version: String,
    },
    /// A credential is about to be asked for.
    Intent(LeaseIntent),
    /// What came of it.
    Outcome(LeaseOutcome),
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The start of a process that wrote it.
    pub segment: WorkerId,
    /// Its place in the segment, from 0 without gaps.
    pub seq: u64,
    /// When, by the clock of the process.
    pub at: Timestamp,
    /// What.
    pub event: AuditEvent,
    /// The hash of the record before; empty in the first.
    pub prev: String,
    /// The hash of all of this.
    pub hash: String,
}

impl AuditRecord {
    /// The record after `prev`.
    #[must_use]
    pub fn after(prev: Option<&Self>, segment: &WorkerId, at: Timestamp, event: AuditEvent) -> Self {
        let (seq, prev) = prev.map_or((0, NOTHING.to_owned()), |prev| (prev.seq + 1, prev.hash.clone()));
        let mut record = Self { segment: segment.clone(), seq, at, event, prev, hash: String::new() };
        record.hash = record.computed();
        record
    }

    /// What its hash must be.
    #[must_use]
    pub fn computed(&self) -> String {
        let Self { segment, seq, at, event, prev, hash: _ } = self;
        // A type of ours, with text keys: it always has a form.
        let event = serde_json::to_string(event).unwrap_or_default();
        let (seq, at) = (seq.to_string(), at.as_millis().to_string());
        derive("checkmate.audit.v1", &[segment.as_str(), &seq, &at, &event, prev], 64)
    }

    /// Where its segment stands with it.
    #[must_use]
    pub fn head(&self) -> SegmentHead {
        SegmentHead { segment: self.segment.clone(), seq: self.seq, hash: self.hash.clone() }
    }
}

/// Where a segment stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentHead {
    /// Which.
    pub segment: WorkerId,
    /// Its last place.
    pub seq: u64,
    /// The hash there.
    pub hash: String,
}

/// Where segments stood, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// From 1, without gaps.
    pub number: u64,
    /// When, by the store's clock.
    pub at: Timestamp,
    /// The store's epoch: another one says that the store may have lost time.
    pub epoch: String,
    /// Segments that moved since the checkpoint before.
    pub heads: Vec<SegmentHead>,
    /// The hash of the checkpoint before; empty in the first.
    pub prev: String,
    /// Ed25519 over the hash, in hex.
    pub signature: String,
}

impl Checkpoint {
    /// The checkpoint after `prev`, not yet signed.
    #[must_use]
    pub fn after(prev: Option<&Self>, at: Timestamp, epoch: String, heads: Vec<SegmentHead>) -> Self {
        let (number, prev) = Self::place(prev);
        Self { number, at, epoch, heads, prev, signature: String::new() }
    }

    /// Whether it stands right after this one; after none, whether it is the first.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        Self::place(before) == (self.number, self.prev.clone())
    }

    /// The number of the one after, and the hash that it names.
    fn place(before: Option<&Self>) -> (u64, String) {
        before.map_or((1, NOTHING.to_owned()), |before| (before.number.saturating_add(1), before.hash()))
    }

    /// What is signed, and what the next one names.
    #[must_use]
    pub fn hash(&self) -> String {
        let Self { number, at, epoch, heads, prev, signature: _ } = self;
        let heads = serde_json::to_string(heads).unwrap_or_default();
        let (number, at) = (number.to_string(), at.as_millis().to_string());
        derive("checkmate.checkpoint.v1", &[&number, &at, epoch, &heads, prev], 64)
    }
}

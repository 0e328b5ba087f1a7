//! The audit trail as it is kept.

use async_trait::async_trait;
use checkmate_domain::audit::{AuditRecord, Checkpoint, SegmentHead};
use checkmate_domain::{Timestamp, WorkerId};

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// What came of writing records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// They are there, now or since an earlier try.
    Done,
    /// They do not follow what is there: the segment goes on at this place.
    Gap(u64),
}

/// Keeping the audit trail. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Writes records of one segment, which follow each other, at its end: all of them or none. Those that are there
    /// already, the same to the last byte, are no gap.
    async fn append_audit(&self, records: &[AuditRecord]) -> Result<Appended>;
    /// The segments there are, in order.
    async fn audit_segments(&self) -> Result<Vec<WorkerId>>;
    /// What stands in a segment from a place on, in order, whatever it is: place and text.
    async fn audit_lines(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<(u64, String)>>;
    /// Where every segment stands, by segment; but for those whose last record is none, which only a look at the whole trail
    /// tells.
    async fn audit_heads(&self) -> Result<Vec<SegmentHead>>;
    /// Records of a segment from a place on, in order.
    async fn audit_records(&self, segment: &WorkerId, from: u64, limit: u64) -> Result<Vec<AuditRecord>>;
    /// Removes whole segments whose last record is older than this, at most so many; how many.
    async fn purge_audit(&self, before: Timestamp, limit: u64) -> Result<u64>;
    /// Keeps a checkpoint after the one before it: a copy for leaders whose file is somewhere else. False when it does not
    /// follow the last one that is kept.
    async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<bool>;
    /// Checkpoints after this number, in order.
    async fn checkpoints(&self, after: u64, limit: u64) -> Result<Vec<Checkpoint>>;
    /// The number of the last one; 0 when there is none.
    async fn last_checkpoint(&self) -> Result<u64>;
}

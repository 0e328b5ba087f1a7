//! What the store keeps of schedules and of requests for scans: the part of the contract, and its records.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{ScanId, ScheduleName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::requests::{Created, LockGuard, NewScan};

type Result<T> = std::result::Result<T, StoreError>;

/// Schedules and requests; each method is one transaction, as in [`Store`](crate::Store).
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// Every schedule that was ever seen, by name.
    async fn schedules(&self) -> Result<Vec<ScheduleRecord>>;
    /// One schedule.
    async fn schedule(&self, name: &ScheduleName) -> Result<Option<ScheduleRecord>>;
    /// Writes a state that was decided on a version (0: it is not there yet), unless that version moved. Seen by
    /// [`ScheduleStore::schedule_changes`].
    async fn put_schedule(&self, name: &ScheduleName, version: u64, state: &ScheduleState) -> Result<Put>;
    /// Another number after each write of [`ScheduleStore::put_schedule`], so that a leader sees that others changed something;
    /// 0 before the first.
    async fn schedule_changes(&self) -> Result<u64>;
    /// Writes a state and records a scan, only while the lock is held and the version did not move. A scan that is there
    /// already stays as it is.
    async fn fire(&self, fire: &Fire) -> Result<Fired>;
    /// Notes for `ttl` which schedules a process has in its configuration; answers with those of all processes whose note
    /// has not run out.
    async fn name_schedules(
        &self,
        process: &str,
        names: &BTreeSet<ScheduleName>,
        ttl: Duration,
    ) -> Result<BTreeSet<ScheduleName>>;
    /// Takes one of a user's `per_minute` requests in the present minute; false when none is left.
    async fn take_request_slot(&self, user: &str, per_minute: u32) -> Result<bool>;
    /// The scan that a request led to, by the scan id derived from the request; known for seven days at least.
    async fn requested(&self, request: &ScanId) -> Result<Option<ScanId>>;
    /// Records a scan for a request, whose derived id is that of the scan. A request that was taken before, or whose scope
    /// has a scan that was requested and is not final, leads to that scan instead.
    async fn create_requested(&self, scan: &NewScan) -> Result<Created>;
}

/// For how long a request is known by its id.
pub(crate) const REQUEST_KNOWN: Duration = Duration::from_secs(7 * 86_400);

/// A schedule as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRecord {
    /// Its name.
    pub name: ScheduleName,
    /// Grows with every write.
    pub version: u64,
    /// Where it stands.
    pub state: ScheduleState,
}

/// Where a schedule stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleState {
    /// Whose ticks are decided now.
    pub in_force: Definition,
    /// What takes over, in this order, each when all ticks before it are decided.
    pub edits: Vec<Definition>,
    /// All ticks up to here are decided.
    pub handled_until: Timestamp,
    /// Who paused it, and when.
    pub paused: Option<Paused>,
    /// A tick that waits until the scan of an earlier one is over.
    pub waiting: Option<Timestamp>,
    /// The last tick that made a scan.
    pub last_tick: Option<Timestamp>,
    /// That scan.
    pub last_scan: Option<ScanId>,
    /// Ticks that made none, the last decided first; only a few are kept.
    pub skipped: Vec<Skipped>,
    /// Since when no configuration names it.
    pub removed: Option<Timestamp>,
}

/// An expression in a time zone, and from when on it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The expression as it was typed.
    pub cron: String,
    /// The IANA name of the zone.
    pub zone: String,
    /// Ticks after this time are its own.
    pub since: Timestamp,
    /// When the configuration that says so was loaded; of two configurations the one loaded later counts.
    pub loaded: Timestamp,
}

/// A pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Who asked for it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Ticks in a row that made no scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// Why.
    pub why: SkipReason,
}

/// Why a tick made no scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Nobody could fire it in time, and the policy does not make up for it.
    Missed,
    /// It was older than the window.
    TooOld,
    /// The scan of an earlier tick was running.
    Overlap,
    /// It waited, and a later tick took its place.
    Replaced,
}

impl SkipReason {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::TooOld => "older than the window",
            Self::Overlap => "an earlier scan was running",
            Self::Replaced => "a later tick took its place",
        }
    }
}

/// The answer to writing a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written; the version is this now.
    Done(u64),
    /// Somebody else wrote before: load and decide again.
    Moved,
}

/// A decision on a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fire {
    /// The leadership it is decided under.
    pub guard: LockGuard,
    /// Which schedule.
    pub name: ScheduleName,
    /// The version it was decided on.
    pub version: u64,
    /// Where it stands now.
    pub state: ScheduleState,
    /// The scan of a tick.
    pub scan: Option<NewScan>,
}

/// The answer to a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired {
    /// Written; the version is this now, and this became of the scan.
    Done(u64, Option<Created>),
    /// Somebody else wrote before: nothing was changed.
    Moved,
    /// The lock is not held: nothing was changed.
    NotLeader,
}

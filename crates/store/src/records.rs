//! What the store keeps, as others read it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use checkmate_domain::{
    CloudEvent, EndReason, EventData, FindingRecord, JobId, JobKind, JobMessage, JobSpec, Lane, ResultStored,
    ScanFinished, ScanId, Scope, Severity, TargetHead, TargetId, Timestamp, Transition, Trigger, WorkerId,
    message::SCHEMA,
};
use serde::{Deserialize, Serialize};

/// Where a scan stands. The last four are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanState {
    /// Recorded; its discover job has not begun. Left by the first attempt of the discover job.
    Planned,
    /// A discover attempt began. Left by sealing, or by the end of the discover job.
    Discovering,
    /// The list is sealed. Left by the transaction that reconciles or ends its last job.
    Running,
    /// Every job has a result.
    Finished,
    /// At least one job ended without a result.
    FinishedIncomplete,
    /// The discover job ended without a list.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl ScanState {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::FinishedIncomplete | Self::Failed | Self::Cancelled)
    }

    /// The word on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Discovering => "discovering",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::FinishedIncomplete => "finished-incomplete",
            Self::Failed => "failed(discover)",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for ScanState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRecord {
    /// Its id.
    pub id: ScanId,
    /// What it covers.
    pub scope: Scope,
    /// Where its jobs wait.
    pub lane: Lane,
    /// Why it was asked for.
    pub trigger: Trigger,
    /// Jobs released at a time whose result is not yet stored.
    pub window: u32,
    /// For one attempt of each of its jobs, in milliseconds.
    pub time_limit_ms: u64,
    /// How long after its release a job ends as expired, in milliseconds.
    pub expires_after_ms: u64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: ScanState,
    /// Why it failed, when it did.
    pub error: Option<String>,
    /// Whether the list is sealed.
    pub sealed: bool,
    /// Jobs on the sealed list.
    pub total: u64,
    /// How many of them were released.
    pub released: u64,
    /// Released, and neither stored nor ended.
    pub in_window: u64,
    /// Neither reconciled nor ended (nor parked).
    pub pending: u64,
    /// Reconciled.
    pub done: u64,
    /// Jobs of the list that ended without a result, by the word of the reason (`expired`, `crash-loop`, `parked`,
    /// `cancelled`, …); `split` is not counted here. Any of them makes the scan end as `finished-incomplete`.
    pub ended: BTreeMap<String, u64>,
    /// Findings it opened or reopened.
    pub opened: u64,
    /// Findings it resolved.
    pub resolved: u64,
    /// Checks that its jobs asked.
    pub checks: u64,
    /// Of these, how many got no answer, wholly or for some of what they were asked of.
    pub unanswered: u64,
    /// When it reached a final state.
    pub finished_at: Option<Timestamp>,
    /// Whether the event about its end was confirmed.
    pub announced: bool,
}

impl ScanRecord {
    /// The event that tells its end; only meaningful when the state is final.
    #[must_use]
    pub fn finished_event(&self) -> CloudEvent {
        let finished = ScanFinished {
            scan: self.id.clone(),
            scope: self.scope.to_string(),
            state: self.state.as_str().to_owned(),
            jobs: self.total,
            not_assessed: self.ended.values().sum(),
            opened: self.opened,
            resolved: self.resolved,
        };
        CloudEvent::new(EventData::ScanFinished(finished), self.finished_at.unwrap_or(self.created_at))
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// On the sealed list, not released. Left by a claim: seal, a stored result, the keeper's top-up.
    Waiting,
    /// Released; no confirm noted yet. Left by `mark_published` or by an attempt; rescued by `scheduler/src/keeper/`.
    Recorded,
    /// On its queue, or in the ladder. Left by an attempt; rescued by `scheduler/src/keeper/`.
    Published,
    /// An attempt holds the fence. Left by its result or its end; a fence that runs out makes it claimable again.
    Running,
    /// The result is stored. Left by reconcile; its event is re-sent by `scheduler/src/keeper/`.
    Stored,
    /// Its event was given up; the result waits for `dead replay`. Left by reconcile.
    Parked,
    /// In the lifecycle. Final.
    Reconciled,
    /// Ended without a result, or by sealing a list. Final.
    Ended,
}

impl JobState {
    /// The word on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Recorded => "recorded",
            Self::Published => "published",
            Self::Running => "running",
            Self::Stored => "stored",
            Self::Parked => "parked",
            Self::Reconciled => "reconciled",
            Self::Ended => "ended",
        }
    }

    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Reconciled | Self::Ended)
    }
}

/// Who runs a job and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceInfo {
    /// Grows with every attempt; an older one can write nothing.
    pub token: u64,
    /// Which process.
    pub holder: WorkerId,
    /// When the attempt began, by the store's clock.
    pub since: Timestamp,
    /// By the store's clock.
    pub until: Timestamp,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// Its scan.
    pub scan: ScanId,
    /// What it does.
    pub kind: JobKind,
    /// The scan's scope.
    pub scope: Scope,
    /// What is scanned; `None` for `discover`.
    pub spec: Option<JobSpec>,
    /// Where it waits.
    pub lane: Lane,
    /// Where it stands.
    pub state: JobState,
    /// For one attempt, in milliseconds.
    pub time_limit_ms: u64,
    /// When it was released.
    pub released_at: Timestamp,
    /// After this it ends as expired.
    pub expires_at: Timestamp,
    /// No attempt before this: it is in the ladder.
    pub not_before: Timestamp,
    /// When its last publish was confirmed.
    pub published_at: Option<Timestamp>,
    /// Attempts begun and not given back.
    pub attempt: u32,
    /// Attempts that ended in an error.
    pub failures: u32,
    /// Attempts begun that neither ended nor were given back: the process died, or is still at it.
    pub crashes: u32,
    /// Those of them that ran alone in their process.
    pub crashes_alone: u32,
    /// The last error, for a person.
    pub last_error: Option<String>,
    /// Why its last attempt was given back, for a person; none when that ended in another way, or nobody said why. It is
    /// not taken before [`Self::not_before`].
    pub waits_for: Option<String>,
    /// Who runs it now.
    pub fence: Option<FenceInfo>,
    /// Store order of the attempt whose result is stored.
    pub seq: u64,
    /// When the result was stored.
    pub stored_at: Option<Timestamp>,
    /// How it ended, when it ended without a result.
    pub end: Option<EndReason>,
}

impl JobRecord {
    /// The event that its result is stored, with failed checks by severity; `None` for a job without a target, which has none.
    #[must_use]
    pub fn stored_event(&self, findings: BTreeMap<Severity, u64>, at: Timestamp) -> Option<CloudEvent> {
        let stored = ResultStored {
            scan: self.scan.clone(),
            job: self.id.clone(),
            target: self.spec.as_ref()?.target.clone(),
            attempt: self.attempt,
            findings,
        };
        Some(CloudEvent::new(EventData::ResultStored(stored), at))
    }

    /// The message that puts it on its queue.
    #[must_use]
    pub fn message(&self) -> JobMessage {
        JobMessage {
            schema: SCHEMA,
            job: self.id.clone(),
            scan: self.scan.clone(),
            kind: self.kind,
            lane: self.lane,
            time_limit_ms: self.time_limit_ms,
            expires_at: self.expires_at,
        }
    }
}

/// What is known of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetState {
    /// Another one with every commit; none is given twice, not even when the store lost time.
    pub version: u64,
    /// What was seen when.
    pub head: TargetHead,
    /// Every finding ever, in fingerprint order.
    pub findings: Vec<FindingRecord>,
}

/// Which targets a scope held, for telling when one is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeHistory {
    /// The discover attempt that wrote it; an older one changes nothing.
    pub seq: u64,
    /// Seen by the last complete discovery.
    pub present: BTreeSet<TargetId>,
    /// Missing since so many complete discoveries.
    pub missing: BTreeMap<TargetId, u32>,
}

/// One entry of the append-only log of transitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it stands; hand it back to read on.
    pub position: String,
    /// What happened.
    pub transition: Transition,
}

/// What became of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeadStatus {
    /// Nobody has decided.
    Waiting,
    /// Sent again.
    Replayed,
    /// Somebody decided that it is not needed.
    Discarded,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadRecord {
    /// Derived from queue, message id and content: dying again is counted, not listed again.
    pub id: String,
    /// Where it died.
    pub queue: String,
    /// Why, readable.
    pub reason: String,
    /// The publisher's id for it.
    pub message_id: Option<String>,
    /// The job it was for, when that could be read.
    pub job: Option<JobId>,
    /// The scan it was for, when that could be read.
    pub scan: Option<ScanId>,
    /// The content when it is text of at most 64 KiB; otherwise its beginning, made printable.
    pub body: String,
    /// The content's real size in bytes.
    pub body_len: u64,
    /// When it died first.
    pub first_at: Timestamp,
    /// When it died last.
    pub last_at: Timestamp,
    /// How often it died.
    pub deaths: u32,
    /// What became of it.
    pub status: DeadStatus,
}

/// How much the store can lose when the power fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durability {
    /// Nothing that was answered can be lost.
    pub always: bool,
    /// What is set, what should be, and how to set it; empty when all is well.
    pub warnings: Vec<String>,
}

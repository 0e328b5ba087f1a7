//! What is asked of the store and what it answers.

use std::time::Duration;

use checkmate_domain::{
    Checks, FindingRecord, JobId, JobKind, JobMessage, JobSpec, KeyId, Lane, ReportFacts, ScanId, Scope,
    TargetHead, TargetId, Timestamp, Transition, Trigger, WorkerId,
};

use crate::pressure::Limits;
use crate::records::{JobRecord, ScanRecord, ScopeHistory, TargetState};

/// A scan to record, with its discover job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScan {
    /// Its id; the same id is the same scan.
    pub id: ScanId,
    /// What it covers.
    pub scope: Scope,
    /// Where its jobs wait.
    pub lane: Lane,
    /// Why it was asked for.
    pub trigger: Trigger,
    /// Jobs released at a time whose result is not yet stored; 200 by default.
    pub window: u32,
    /// For one attempt.
    pub time_limit: Duration,
    /// From its release to the end of a job.
    pub expires_after: Duration,
}

/// What recording a scan did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is new; its discover job is `recorded` and to be published.
    New(Box<ScanRecord>, Box<JobRecord>),
    /// It was there already; nothing was changed.
    Exists(Box<ScanRecord>),
}

/// Asks to run a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginRequest {
    /// Which job.
    pub job: JobId,
    /// Which process.
    pub holder: WorkerId,
    /// How long the fence holds without renewal.
    pub ttl: Duration,
    /// Whether nothing else runs in this process meanwhile.
    pub alone: bool,
    /// Attempts in error after which the job is condemned.
    pub max_failures: u32,
    /// Deaths of its process after which the job runs only alone.
    pub max_crashes: u32,
    /// Deaths alone after which the job is condemned.
    pub max_crashes_alone: u32,
    /// How many may run beside it.
    pub limits: Limits,
}

/// The right to write for one attempt of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Which job.
    pub job: JobId,
    /// Grows with every attempt.
    pub token: u64,
}

/// An attempt that may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The right to write, and which job it is.
    pub fence: Fence,
    /// 1 for the first.
    pub number: u32,
    /// Store order, issued before the first read.
    pub seq: u64,
    /// The job's scan.
    pub scan: ScanId,
    /// What is to be done.
    pub assignment: Assignment,
    /// Why the attempt before was given back, for a person: see [`JobRecord::waits_for`].
    pub waits_for: Option<String>,
}

/// What a job is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Find the targets of a scope.
    Discover(Scope),
    /// Scan a target, or a part of one.
    Scan(JobSpec),
}

impl Assignment {
    /// Of a job of this kind, from its scan's scope and its own place on the list; `None` when it should have one and has not.
    pub(crate) fn of(kind: JobKind, scope: Scope, spec: Option<JobSpec>) -> Option<Self> {
        match kind {
            JobKind::Discover => Some(Self::Discover(scope)),
            JobKind::Scan => spec.map(Self::Scan),
        }
    }

    /// Which kind of job has it.
    #[must_use]
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::Discover(_) => JobKind::Discover,
            Self::Scan(_) => JobKind::Scan,
        }
    }
}

/// The answer to [`BeginRequest`]. Counters are raised only for `Started`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Go.
    Started(Box<Attempt>),
    /// It died with a process before: ask again with nothing else running.
    Suspect,
    /// Another process holds the fence for so long.
    Busy(Duration),
    /// As many attempts of its target or organisation run as may. Its message is to come again after so long, which is noted
    /// in the job; no attempt is counted.
    Full(Duration),
    /// Its result is stored and not reconciled: send the event again, and these released jobs whose confirm was not noted.
    AlreadyStored(Box<JobRecord>, Vec<JobMessage>),
    /// A discover or split job that sealed its list and whose scan goes on: send these released jobs whose confirm was not
    /// noted.
    AlreadySealed(Vec<JobMessage>),
    /// Reconciled, parked or ended, or its scan is over: nothing to do.
    Over,
    /// Too many failures or crashes, or expired: end it with this reason.
    Condemned(checkmate_domain::NotAssessed),
    /// No such job.
    Unknown,
}

/// How an attempt ended without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// In an error: counted.
    Failed {
        /// For a person.
        error: String,
        /// No attempt before this time has passed.
        retry_after: Duration,
    },
    /// Given back in order, by a shutdown or for a lack of means: not counted.
    GivenBack {
        /// No attempt before this time has passed.
        retry_after: Duration,
        /// What it waits for, for a person: short and without a secret. Kept until the next attempt ends.
        why: Option<String>,
    },
}

/// The answer to [`AttemptEnd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedAttempt {
    /// Noted; so many failures by now.
    Noted(u32),
    /// The fence was lost before; nothing was changed.
    FenceLost,
}

/// The answer to a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// Still ours.
    Held,
    /// Lost: stop, write nothing.
    Lost,
    /// The scan was cancelled: stop.
    Cancelled,
}

/// Where a scan stands after a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The scan.
    pub scan: ScanRecord,
    /// Whether this very transaction made it final.
    pub finished_now: bool,
}

/// The answer to sealing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The list is sealed; these were claimed and are to be published.
    New(Vec<JobMessage>, Box<Progress>),
    /// It was sealed before and is unchanged; these of it were released and their confirm was not noted.
    Already(Vec<JobMessage>),
    /// Another attempt holds the fence, or the job is over.
    FenceLost,
}

/// The answer to storing a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Stored; these were claimed and are to be published.
    New(Vec<JobMessage>),
    /// An earlier attempt's result stands; these were released and their confirm was not noted.
    Already(Vec<JobMessage>),
    /// Another attempt holds the fence, or the job is over.
    FenceLost,
}

/// The answer to ending a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnded {
    /// Ended; these were claimed and are to be published.
    Ended(Vec<JobMessage>, Box<Progress>),
    /// It was over, or has a result: nothing was changed.
    Kept,
    /// No such job.
    Unknown,
}

/// The answer to parking a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Parked.
    Parked(Box<Progress>),
    /// There is no result waiting: nothing was changed.
    Kept,
}

/// What reconciling tells of the job whose result it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJob {
    /// Its id.
    pub id: JobId,
    /// Its scan.
    pub scan: ScanId,
    /// Store order of the attempt.
    pub seq: u64,
    /// Which attempt it was.
    pub attempt: u32,
}

impl From<JobRecord> for StoredJob {
    fn from(JobRecord { id, scan, seq, attempt, .. }: JobRecord) -> Self {
        Self { id, scan, seq, attempt }
    }
}

/// What reconciling needs, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileInput {
    /// The job whose result it is.
    pub job: StoredJob,
    /// Its result.
    pub report: ReportFacts,
    /// What is known of the target; of a large one only the first of its findings, or none of them.
    pub target: TargetState,
    /// Where the findings go on that are not in `target`: see [`crate::Store::more_findings`].
    pub more: Option<String>,
    /// How often this result was loaded for reconciling and counted, this time included when it is.
    pub loads: u32,
}

/// The answer to asking for more of a target's findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoreFindings {
    /// Some more, and where they go on; one may come a second time.
    Some(Vec<FindingRecord>, Option<String>),
    /// The target has another version by now: what was read before is worth nothing.
    Moved,
}

/// The answer to loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReconcileLoad {
    /// Go.
    Ready(Box<ReconcileInput>),
    /// It is in the lifecycle already.
    AlreadyReconciled(Box<Progress>),
    /// There is no result: ended, or not yet stored.
    NoResult,
    /// No such job.
    Unknown,
}

/// What reconciling decided. Refused as a whole when the target's version moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileCommit {
    /// Which job's result.
    pub job: JobId,
    /// Which target.
    pub target: TargetId,
    /// The version it was decided on.
    pub version: u64,
    /// What is known now.
    pub head: TargetHead,
    /// Findings that changed, whole.
    pub upserts: Vec<FindingRecord>,
    /// What goes to the log, in this order.
    pub transitions: Vec<Transition>,
    /// Checks of the report, and how many of them got no answer.
    pub checks: Checks,
    /// When.
    pub at: Timestamp,
}

/// The answer to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// In the lifecycle; where its scan stands when that is final, and nothing while it goes on.
    Committed(Option<Box<Progress>>),
    /// Somebody else did it before.
    AlreadyReconciled(Box<Progress>),
    /// The version moved: load and decide again.
    Conflict,
    /// There is no result of that job.
    NoResult,
}

/// The answer to a cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// Cancelled now.
    Now(Box<ScanRecord>),
    /// It was over before.
    WasOver(Box<ScanRecord>),
    /// No such scan.
    Unknown,
}

/// Proof that a lock is held; the store refuses an older token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockGuard {
    /// Which lock.
    pub name: String,
    /// Grows with every holder.
    pub token: u64,
}

/// The answer to asking for a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockAttempt {
    /// Held until the time-to-live runs out.
    Held(LockGuard),
    /// Another owner holds it for so long.
    Other {
        /// Who.
        owner: String,
        /// For how long, unless renewed.
        for_: Duration,
    },
}

/// Whether the installation's fingerprint key is the one its findings were made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyCheck {
    /// The same, or the first ever.
    Same,
    /// Another one.
    Other(KeyId),
}

/// Sealing: the list, and what discovery learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealList {
    /// The jobs, each (target, part) once.
    pub jobs: Vec<checkmate_domain::JobSpec>,
    /// The scope's history as it is now; `None` for parts.
    pub history: Option<ScopeHistory>,
}

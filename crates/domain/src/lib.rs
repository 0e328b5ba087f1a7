//! The vocabulary of CheckMate as plain types: no I/O, no async, no other crate of ours below it.
//!
//! A type is here only when two crates exchange it. Modules, in reading order of one finding's way:

pub mod approval;
pub mod audit;
pub mod coverage;
pub mod credential;
pub mod decision;
pub mod delivery;
pub mod event;
pub mod facts;
pub mod finding;
pub mod fingerprint;
pub mod hash;
pub mod id;
pub mod job;
pub mod lease;
pub mod lifecycle;
pub mod message;
pub mod priority;
pub mod report;
pub mod rule;
pub mod schedule;
pub mod scope;
pub mod secret;
pub mod time;
pub mod trace;
pub mod trigger;

pub use approval::{Approval, ApprovalError, ApprovalState, Ask, Verdict};
pub use coverage::{Coverage, Horizon, ObjectList, RuleCoverage, Seen, Statement};
pub use credential::{Account, Scopes, ScopesError};
pub use decision::{Decision, DecisionError, Note, NoteKind, Said, Waiver, WaiverKind};
pub use delivery::{DeliveryRecord, DeliveryState, Subject};
pub use event::{CloudEvent, EventData, ResultStored, ScanFinished};
pub use facts::{Checks, ReportFacts};
pub use finding::{Evidence, Finding, Place};
pub use fingerprint::{Fingerprint, FingerprintKey, KeyId};
pub use id::{
    ApprovalId, CollectionId, ConnectionName, DeliveryId, EventId, GroupId, JobId, LeaseId, PartId,
    ResourceId, RuleId, ScanId, ScheduleName, TargetId, UserId, WorkerId,
};
pub use job::{EndReason, JobKind, JobSpec, Lane, NotAssessed, Part};
pub use lease::{LeaseIntent, LeaseOutcome, LeaseResult};
pub use lifecycle::{FindingRecord, FindingState, TargetHead, Transition, TransitionKind};
pub use message::{JobMessage, MessageError};
pub use priority::{Exposure, Priority, Triaged};
pub use report::{CheckOutcome, CheckResult, ReportKind, ScanReport, ScanStats};
pub use rule::{Reference, Remediation, Rule, Severity};
pub use schedule::{Missed, Overlap};
pub use scope::{Scope, ScopeError};
pub use secret::Secret;
pub use time::{NotATime, Timestamp};
pub use trace::TraceParent;
pub use trigger::{Trigger, TriggerKind};

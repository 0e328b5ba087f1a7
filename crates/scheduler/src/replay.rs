//! Sending a dead letter again: what that means depends on what it was and on what became of it since.

use std::fmt;

use checkmate_domain::{JobMessage, ScanId, Trigger, TriggerKind};
use checkmate_queue::{Broker, Outgoing, PublishError, Queue};
use checkmate_store::{DeadRecord, DeadStatus, JobRecord, JobState, NewScan, ScanRecord, Store, StoreError};

use crate::keeper::{lane_of, result_again};
use crate::plan::{PlanError, request_scan};

/// What sending it again means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The job still waits: its message is sent again.
    Job(Box<JobRecord>),
    /// The result still waits: its event is sent again.
    Result(Box<JobRecord>),
    /// The job is over: a new scan of the same scope is asked for, and the old one keeps its history.
    Rescan(Box<ScanRecord>),
    /// It cannot be sent again, and why.
    Impossible(String),
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => write!(f, "job {} is sent again", job.id),
            Self::Result(job) => write!(f, "the result of job {} is reconciled again", job.id),
            Self::Rescan(scan) => write!(f, "a new scan of {} is asked for", scan.scope),
            Self::Impossible(why) => write!(f, "cannot be sent again: {why}"),
        }
    }
}

/// Why a letter was not sent again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The new scan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Looks what sending a letter again would mean; changes nothing.
///
/// # Errors
/// When the store does not answer.
pub async fn plan_replay(store: &dyn Store, letter: &DeadRecord) -> Result<Replay, StoreError> {
    if letter.queue == Queue::Requests.name() {
        let why = "it is a request of another system, and a copy would not carry its user: let the sender ask again with a \
                   new id, or scan the scope with 'checkmate scan SCOPE'; then discard it";
        return Ok(Replay::Impossible(why.to_owned()));
    }
    let Some(id) = &letter.job else {
        return Ok(Replay::Impossible("its content is neither a job nor a result of ours".to_owned()));
    };
    let Some(job) = store.job(id).await? else {
        return Ok(Replay::Impossible(format!("no job {id} is known")));
    };
    if letter.queue == Queue::Results.name() {
        return Ok(match job.state {
            JobState::Stored | JobState::Parked => Replay::Result(Box::new(job)),
            JobState::Reconciled => {
                Replay::Impossible("its result is in the lifecycle already: discard it".to_owned())
            }
            _ => Replay::Impossible(format!("job {id} has no result: discard it")),
        });
    }
    if lane_of(&letter.queue).is_none() {
        return Ok(Replay::Impossible(format!("nothing of ours is sent to queue {}", letter.queue)));
    }
    match job.state {
        JobState::Waiting | JobState::Recorded | JobState::Published | JobState::Running => {
            Ok(Replay::Job(Box::new(job)))
        }
        JobState::Stored | JobState::Parked | JobState::Reconciled => {
            Ok(Replay::Impossible(format!("job {id} has a result: discard it")))
        }
        JobState::Ended => Ok(match store.scan(&job.scan).await? {
            Some(scan) => Replay::Rescan(Box::new(scan)),
            None => Replay::Impossible(format!("scan {} is not there any more", job.scan)),
        }),
    }
}

/// Does what [`plan_replay`] found and notes it.
///
/// # Errors
/// See [`ReplayError`]; doing it again is harmless.
pub async fn replay(
    store: &dyn Store,
    broker: &dyn Broker,
    letter: &DeadRecord,
    plan: &Replay,
) -> Result<(), ReplayError> {
    match plan {
        Replay::Impossible(_) => return Ok(()),
        Replay::Job(job) => send_job(broker, &job.message()).await?,
        Replay::Result(job) => {
            let now = store.now().await?;
            broker.publish(result_again(job, now).into_iter().collect()).await?;
        }
        Replay::Rescan(scan) => {
            request_scan(store, broker, &again(scan, letter)).await?;
        }
    }
    store.mark_dead(&letter.id, DeadStatus::Replayed).await?;
    Ok(())
}

async fn send_job(broker: &dyn Broker, job: &JobMessage) -> Result<(), PublishError> {
    broker.publish(vec![Outgoing::job(job)]).await
}

/// The same letter after the same number of deaths asks for the same scan: replaying twice is one scan.
fn again(scan: &ScanRecord, letter: &DeadRecord) -> NewScan {
    NewScan {
        id: ScanId::derived(&["replay", &letter.id, &letter.deaths.to_string()]),
        scope: scan.scope.clone(),
        lane: scan.lane,
        trigger: Trigger { kind: TriggerKind::Manual, who: format!("replay of dead letter {}", letter.id) },
        window: scan.window,
        time_limit: std::time::Duration::from_millis(scan.time_limit_ms),
        expires_after: std::time::Duration::from_millis(scan.expires_after_ms),
    }
}

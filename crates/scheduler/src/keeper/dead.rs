//! Dead letters: whatever was given up, by us or by the broker, is taken into the store, and what it was for is ended, so
//! that its scan can finish. All `dead` commands work on the store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    CloudEvent, EndReason, EventData, JobId, JobMessage, NotAssessed, ScanId, Timestamp, hash::derive,
};
use checkmate_queue::consumer::{Handler, JobContext};
use checkmate_queue::{Broker, Death, Message, Outgoing, Queue, Settle};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::metrics;
use checkmate_store::{DeadRecord, DeadStatus, JobEnded, Store, StoreError};

use crate::keeper::rounds::lane_of;

/// Content kept with a dead letter, in bytes.
const KEPT: usize = 64 * 1024;

/// What the taker of dead letters needs to know.
#[derive(Debug, Clone)]
pub struct DeadLettersConfig {
    /// Broker users whose messages are believed; `None` where the broker validates no users.
    pub publishers: Option<BTreeSet<String>>,
    /// For one letter.
    pub time_limit: Duration,
    /// Before a letter is tried again.
    pub retry_after: Duration,
}

/// Takes dead letters into the store.
pub struct DeadLetters {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    config: DeadLettersConfig,
}

/// What a dead message was for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Was {
    Job(JobMessage),
    Result { scan: ScanId, job: JobId },
    Unreadable,
}

impl DeadLetters {
    /// A taker over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, broker: Arc<dyn Broker>, config: DeadLettersConfig) -> Self {
        Self { store, broker, config }
    }

    async fn take(&self, message: &Message) -> Result<(), String> {
        let unknown =
            || Death { queue: "unknown".to_owned(), reason: "no reason given".to_owned(), by_broker: true };
        let death = message.death.clone().unwrap_or_else(unknown);
        let was = what_it_was(&message.body, &death.queue);
        let now = self.store.now().await.map_err(text)?;
        self.store.record_dead(&record(message, &death, &was, now)).await.map_err(text)?;
        metrics::dead_letter(death.by_broker);
        crashpoint("keeper.after-dead-record");
        if message.stranger(self.config.publishers.as_ref()).is_none() {
            self.end(was, &death, now).await?;
        }
        Ok(())
    }

    /// Ends what the broker gave up by itself. What one of us gave up was ended by whoever did; its copy carries our own
    /// user, so nothing may be concluded from it here.
    async fn end(&self, was: Was, death: &Death, now: Timestamp) -> Result<(), String> {
        if !death.by_broker {
            return Ok(());
        }
        match was {
            Was::Job(message) => {
                let held = self.store.job(&message.job).await.map_err(text)?.and_then(|job| job.fence);
                if held.is_some_and(|fence| fence.until > now) {
                    return Err(
                        "a worker is at the job of this dead letter; looked at again later".to_owned()
                    );
                }
                let reason = EndReason::NotAssessed(NotAssessed::DeadLettered(death.reason.clone()));
                let ended = self.store.end_job(&message.job, &reason, None).await.map_err(text)?;
                crashpoint("keeper.after-dead-end");
                if let JobEnded::Ended(released, _) = ended {
                    let jobs: Vec<_> = released.iter().map(Outgoing::job).collect();
                    if !jobs.is_empty() {
                        self.broker.publish(jobs).await.map_err(|error| error.to_string())?;
                    }
                }
            }
            Was::Result { job, .. } => {
                self.store.park_result(&job).await.map_err(text)?;
            }
            Was::Unreadable => {}
        }
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "used in map_err")]
fn text(error: StoreError) -> String {
    error.to_string()
}

fn what_it_was(body: &[u8], queue: &str) -> Was {
    if lane_of(queue).is_some()
        && let Ok(job) = JobMessage::from_bytes(body)
    {
        return Was::Job(job);
    }
    if queue == Queue::Results.name()
        && let Ok(CloudEvent { data: EventData::ResultStored(stored), .. }) = CloudEvent::from_bytes(body)
    {
        return Was::Result { scan: stored.scan, job: stored.job };
    }
    Was::Unreadable
}

fn record(message: &Message, death: &Death, was: &Was, now: Timestamp) -> DeadRecord {
    let (job, scan) = match was {
        Was::Job(job) => (Some(job.job.clone()), Some(job.scan.clone())),
        Was::Result { scan, job } => (Some(job.clone()), Some(scan.clone())),
        Was::Unreadable => (None, None),
    };
    let kept = &message.body[..message.body.len().min(KEPT)];
    let body: String = String::from_utf8_lossy(kept)
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c })
        .collect();
    let id = message.id.clone().unwrap_or_default();
    let len = message.body.len().to_string();
    // Others send as many as they like: what is refused for one reason is one letter, which counts its deaths.
    let marks = if death.queue == Queue::Requests.name() && !death.by_broker {
        vec![death.queue.as_str(), death.reason.as_str()]
    } else {
        vec![death.queue.as_str(), id.as_str(), body.as_str(), len.as_str()]
    };
    DeadRecord {
        id: derive("checkmate.dead.v1", &marks, 16),
        queue: death.queue.clone(),
        reason: death.reason.chars().take(500).collect(),
        message_id: message.id.clone(),
        job,
        scan,
        body,
        body_len: message.body.len() as u64,
        first_at: now,
        last_at: now,
        deaths: 1,
        status: DeadStatus::Waiting,
    }
}

#[async_trait]
impl Handler for DeadLetters {
    type Work = ();

    fn read(&self, _message: &Message) -> (Self::Work, Duration) {
        ((), self.config.time_limit)
    }

    async fn handle(&self, (): Self::Work, message: Message, _ctx: &JobContext) -> Settle {
        match self.take(&message).await {
            Ok(()) => Settle::Done,
            Err(reason) => Settle::Later { after: self.config.retry_after, reason },
        }
    }
}

//! One result event: load → decide → commit → announce.
//!
//! The event is a hint. Truth is read from the store, so a repeat, a late or a forged event has no effect.
//!
//! Next on the way of a finding: `crates/notifier/src/reconcile/mod.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{CloudEvent, EventData, JobId, KeyId, TraceParent};
use checkmate_queue::consumer::{Handler, JobContext};
use checkmate_queue::{Broker, Message, Outgoing, Settle};
use checkmate_service::crashpoint::crashpoint;
use checkmate_store::{Committed, Progress, ReconcileLoad, ScanState, Store, StoreError};

use crate::decide::decide;
use crate::traced;

/// What the reconciler needs to know.
#[derive(Debug, Clone)]
pub struct ReconcilerConfig {
    /// Broker users whose result events are believed; `None` where the broker validates no users.
    pub publishers: Option<BTreeSet<String>>,
    /// The installation's fingerprint key.
    pub key_id: KeyId,
    /// For one event.
    pub time_limit: Duration,
    /// Before an event is tried again.
    pub retry_after: Duration,
    /// Times a result is loaded before it is given up as poison.
    pub max_loads: u32,
}

/// Handles result events.
pub struct Reconciler {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    config: ReconcilerConfig,
}

/// Why an event was not handled, by what to do with it.
#[derive(Debug)]
pub enum Trouble {
    /// To be tried again.
    Later(String),
    /// Given up.
    Dead(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Misconfigured(_) => Self::Later(error.to_string()),
            StoreError::Corrupt(_) => Self::Dead(error.to_string()),
        }
    }
}

impl Reconciler {
    /// A reconciler over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, broker: Arc<dyn Broker>, config: ReconcilerConfig) -> Self {
        Self { store, broker, config }
    }

    async fn on_result(
        &self,
        job: &JobId,
        cause: Option<TraceParent>,
        ctx: &JobContext,
    ) -> Result<(), Trouble> {
        let Some(progress) = self.settle_result(job, cause, ctx).await? else { return Ok(()) };
        // A cancelled scan may have more results to come; the keeper announces it when there are none.
        let over = progress.scan.state.is_final() && progress.scan.state != ScanState::Cancelled;
        if progress.scan.announced {
            // A parked result that came late: what it changed is in no plan yet.
            self.store.note_unplanned(&progress.scan.id).await?;
        } else if over {
            Box::pin(self.announce(&progress)).await?;
        }
        Ok(())
    }

    /// The job whose result an event is about; `None` for an event that needs nothing.
    fn job_of(&self, message: &Message) -> Result<Option<JobId>, Trouble> {
        if let Some(user) = message.stranger(self.config.publishers.as_ref()) {
            return Err(Trouble::Dead(format!(
                "result event published by '{user}', who may not: not believed"
            )));
        }
        let event = CloudEvent::from_bytes(&message.body).map_err(Trouble::Dead)?;
        match event.data {
            EventData::ResultStored(stored) => Ok(Some(stored.job)),
            EventData::ScanFinished(_) => Ok(None),
        }
    }

    /// Reconciles until it is done or somebody else did it; where the scan stands, unless it goes on anyway. Each conflict
    /// means that another result of the target went first.
    async fn settle_result(
        &self,
        job: &JobId,
        cause: Option<TraceParent>,
        ctx: &JobContext,
    ) -> Result<Option<Box<Progress>>, Trouble> {
        let (began, mut span) = (Instant::now(), None);
        let mut first = true;
        while !ctx.stopping().is_cancelled() {
            let input = match self.store.load_reconcile(job, first).await? {
                ReconcileLoad::Ready(input) => input,
                ReconcileLoad::AlreadyReconciled(progress) => return Ok(Some(progress)),
                ReconcileLoad::NoResult => return Ok(None),
                ReconcileLoad::Unknown => {
                    return Err(Trouble::Dead(format!("no job {job} is known: not believed")));
                }
            };
            if first && self.is_poison(input.loads) {
                return Box::pin(self.park(job, input.loads)).await;
            }
            if first {
                span = Some(traced::span(&input, cause));
            }
            first = false;
            crashpoint("notifier.after-load");
            let decided = decide(&*self.store, &input, &self.config.key_id, ctx.stopping()).await?;
            let Some(commit) = decided else { continue };
            let committed = self.store.commit_reconcile(&commit).await?;
            crashpoint("notifier.after-commit");
            match committed {
                Committed::Committed(progress) => {
                    traced::count(&commit, began.elapsed());
                    drop(span);
                    return Ok(progress);
                }
                Committed::AlreadyReconciled(progress) => return Ok(Some(progress)),
                Committed::Conflict => {}
                Committed::NoResult => return Ok(None),
            }
        }
        Err(Trouble::Later("told to stop".to_owned()))
    }

    /// One load in so many gives up. The next begins to count anew: a parked result that is sent again has as many tries.
    fn is_poison(&self, loads: u32) -> bool {
        loads.is_multiple_of(self.config.max_loads.saturating_add(1))
    }

    /// Poison: the result stays in the store, its scan goes on without it, its event goes to the dead letters.
    async fn park(&self, job: &JobId, loads: u32) -> Result<Option<Box<Progress>>, Trouble> {
        self.store.park_result(job).await?;
        crashpoint("notifier.after-park");
        Err(Trouble::Dead(format!("the result of job {job} was begun {loads} times and never reconciled")))
    }

    async fn announce(&self, progress: &Progress) -> Result<(), Trouble> {
        let event = Outgoing::event(&progress.scan.finished_event(), false);
        self.broker.publish(vec![event]).await.map_err(|error| Trouble::Later(error.to_string()))?;
        crashpoint("notifier.after-announce");
        traced::over(&progress.scan);
        self.store.mark_announced(&progress.scan.id).await?;
        Ok(())
    }
}

#[async_trait]
impl Handler for Reconciler {
    type Work = Result<Option<JobId>, Trouble>;

    fn read(&self, message: &Message) -> (Self::Work, Duration) {
        (self.job_of(message), self.config.time_limit)
    }

    async fn handle(&self, job: Self::Work, message: Message, ctx: &JobContext) -> Settle {
        let done = match job {
            Ok(Some(job)) => self.on_result(&job, message.cause, ctx).await,
            Ok(None) => Ok(()),
            Err(trouble) => Err(trouble),
        };
        match done {
            Ok(()) => Settle::Done,
            Err(Trouble::Later(reason)) => Settle::Later { after: self.config.retry_after, reason },
            Err(Trouble::Dead(reason)) => {
                tracing::warn!(
                    message.id = message.id,
                    reason,
                    "result event given up; see 'checkmate dead list'"
                );
                Settle::Dead { reason }
            }
        }
    }
}

//! One job message: believe it → begin an attempt → run it → tell how it ended.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{EndReason, JobId, JobMessage, MessageError, NotAssessed, Timestamp};
use checkmate_queue::consumer::{Handler, JobContext, StopCause};
use checkmate_queue::{Broker, Message, Outgoing, PublishError, Settle};
use checkmate_scanners::{Registry, ScanContext, ScanError};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::metrics;
use checkmate_store::{Assignment, Attempt, Begin, BeginRequest, JobEnded, Store, StoreError};

use crate::attempt::Outcome;
use crate::config::WorkerConfig;
use crate::leases::Lessor;
use crate::marker::Marker;
use crate::scan::by_severity;
use crate::traced;
use crate::waits::{Waits, brief};

/// How long a message that only a newer worker can read is put off; shorter than what the keeper takes for lost.
const FOR_A_NEWER_WORKER: Duration = Duration::from_secs(10);
/// Whose an outage of store or broker is, in the log.
const SERVERS: &str = "store and broker";

/// Handles job messages.
pub struct Worker {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) scanners: Registry,
    pub(crate) context: ScanContext,
    pub(crate) lessor: Option<Arc<Lessor>>,
    pub(crate) marker: Marker,
    pub(crate) config: WorkerConfig,
    pub(crate) waits: Waits,
}

/// How a job left this worker, when it was not simply done.
#[derive(Debug)]
pub enum Left {
    /// To be tried again.
    Later(Duration, String),
    /// To be tried again, because store or broker could not be used.
    Outage(Duration, String),
    /// Given up.
    Dead(String),
}

impl Left {
    /// In words.
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Later(_, why) | Self::Outage(_, why) | Self::Dead(why) => why,
        }
    }
}

impl Worker {
    /// A worker over these parts. `context.stop` is replaced for each attempt, and `context.credentials` where there is
    /// somebody to lease from.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        broker: Arc<dyn Broker>,
        scanners: Registry,
        context: ScanContext,
        lessor: Option<Arc<Lessor>>,
        marker: Marker,
        config: WorkerConfig,
    ) -> Self {
        Self { store, broker, scanners, context, lessor, marker, config, waits: Waits::default() }
    }

    async fn on_message(
        &self,
        read: Result<JobMessage, Left>,
        message: &Message,
        ctx: &JobContext,
    ) -> Result<(), Left> {
        let job = match read {
            Ok(job) => job,
            Err(left) => return Err(Box::pin(self.not_read(message, left)).await),
        };
        // Boxed is what is rare: each job's future would have room for it.
        match self.begin(&job.job, false).await? {
            Begin::Started(attempt) => self.run(&attempt, message, ctx).await,
            Begin::Suspect => Box::pin(self.alone(&job.job, message, ctx)).await,
            begin => Box::pin(self.go_on(&job.job, begin, message, ctx)).await,
        }
    }

    /// A job that was in hand when a process died: it gets this one for itself.
    async fn alone(&self, job: &JobId, message: &Message, ctx: &JobContext) -> Result<(), Left> {
        let _alone = tokio::select! {
            biased;
            () = ctx.stopping().cancelled() => {
                let reason = "stopped while it waited to run alone";
                return Err(Left::Later(self.config.outage_wait, reason.to_owned()));
            }
            alone = ctx.alone() => alone,
        };
        let begin = self.begin(job, true).await?;
        self.go_on(job, begin, message, ctx).await
    }

    fn job_of(&self, message: &Message) -> Result<JobMessage, Left> {
        if let Some(user) = message.stranger(self.config.publishers.as_ref()) {
            return Err(Left::Dead(format!("job published by '{user}', who may not: not run")));
        }
        JobMessage::from_bytes(&message.body).map_err(|error| match error {
            MessageError::NewerSchema { expires_at, .. }
                if expires_at.is_some_and(|at| at > Timestamp::now()) =>
            {
                Left::Later(FOR_A_NEWER_WORKER, error.to_string())
            }
            error => Left::Dead(error.to_string()),
        })
    }

    /// A message that waits for a newer worker is noted as just sent: the keeper would take it for lost and send another,
    /// again and again.
    async fn not_read(&self, message: &Message, left: Left) -> Left {
        let id = message.id.as_deref().and_then(|id| id.parse::<JobId>().ok());
        if let (Left::Later(..) | Left::Outage(..), Some(id)) = (&left, id)
            && let Err(error) = self.store.mark_published(&[id]).await
        {
            return error.into();
        }
        left
    }

    async fn begin(&self, job: &JobId, alone: bool) -> Result<Begin, Left> {
        let request = BeginRequest {
            job: job.clone(),
            holder: self.config.id.clone(),
            ttl: self.config.fence_ttl,
            alone,
            max_failures: self.config.max_failures,
            max_crashes: self.config.max_crashes,
            max_crashes_alone: self.config.max_crashes_alone,
            limits: self.config.limits,
        };
        let begin = self.store.begin_attempt(&request).await?;
        crashpoint("worker.after-begin");
        Ok(begin)
    }

    async fn go_on(
        &self,
        job: &JobId,
        begin: Begin,
        message: &Message,
        ctx: &JobContext,
    ) -> Result<(), Left> {
        match begin {
            Begin::Started(attempt) => self.run(&attempt, message, ctx).await,
            Begin::AlreadyStored(job, released) => {
                let report = self.store.report(&job.id).await?;
                let findings = report.as_ref().map(by_severity).unwrap_or_default();
                let event = job.stored_event(findings, Timestamp::now());
                let event = event.map(|event| Outgoing::event(&event, true));
                self.publish(event.into_iter().collect(), &released).await
            }
            Begin::AlreadySealed(released) => self.publish(Vec::new(), &released).await,
            Begin::Busy(wait) => Err(Left::Later(wait, "another worker is at it".to_owned())),
            Begin::Full(wait) => {
                Err(Left::Later(wait, "as many jobs of its target or organisation run as may".to_owned()))
            }
            Begin::Suspect => Err(Left::Later(self.config.fence_ttl, "waits to run alone".to_owned())),
            Begin::Over => Ok(()),
            Begin::Condemned(reason) => self.condemn(job, reason).await,
            Begin::Unknown => Err(Left::Dead(format!("no job {job} is known: not run"))),
        }
    }

    async fn run(&self, attempt: &Attempt, message: &Message, ctx: &JobContext) -> Result<(), Left> {
        let (began, mut span) = (Instant::now(), traced::span(attempt, message));
        let outcome = self.attempt(attempt, ctx).await;
        let word = outcome.word();
        metrics::attempt(attempt.assignment.kind().as_str(), word, began.elapsed());
        if word != traced::DONE {
            span.fail(word);
        }
        // What is given back is not counted: its number, and with it its span, comes again.
        let stopped = matches!(outcome, Outcome::Failed(ScanError::Stopped));
        let given_back = matches!(outcome, Outcome::Interrupted(_) | Outcome::Failed(ScanError::Wait(..)))
            || (stopped && ctx.cause() != Some(StopCause::Deadline));
        if given_back {
            span.forget();
        } else {
            drop(span);
        }
        if !matches!(outcome, Outcome::Done) {
            Box::pin(self.after(attempt, outcome, ctx)).await?;
        }
        self.waits.end(&of(attempt), attempt.waits_for.as_deref());
        Ok(())
    }

    /// Ends a job without a result, and gives its message up with the same reason.
    pub(crate) async fn condemn(&self, job: &JobId, reason: NotAssessed) -> Result<(), Left> {
        let text = reason.to_string();
        let ended = self.store.end_job(job, &EndReason::NotAssessed(reason), None).await?;
        crashpoint("worker.after-end");
        if let JobEnded::Ended(released, _) = ended {
            self.publish(Vec::new(), &released).await?;
        }
        Err(Left::Dead(text))
    }

    /// Publishes with confirm what an attempt caused; then the message may be acked.
    pub(crate) async fn publish(
        &self,
        mut messages: Vec<Outgoing>,
        released: &[JobMessage],
    ) -> Result<(), Left> {
        messages.extend(released.iter().map(Outgoing::job));
        if messages.is_empty() {
            return Ok(());
        }
        self.broker.publish(messages).await?;
        crashpoint("worker.after-publish");
        self.marker.published(released);
        Ok(())
    }
}

/// Whose a job is, in the log: its target's, or its scope's.
pub(crate) fn of(attempt: &Attempt) -> Cow<'_, str> {
    match &attempt.assignment {
        Assignment::Discover(scope) => scope.to_string().into(),
        Assignment::Scan(spec) => spec.target.as_str().into(),
    }
}

#[async_trait]
impl Handler for Worker {
    type Work = Result<JobMessage, Left>;

    fn read(&self, message: &Message) -> (Self::Work, Duration) {
        let (job, most) = (self.job_of(message), self.config.time_limit);
        let limit = job.as_ref().map_or(most, |job| most.min(Duration::from_millis(job.time_limit_ms)));
        (job, limit)
    }

    async fn handle(&self, job: Self::Work, message: Message, ctx: &JobContext) -> Settle {
        match self.on_message(job, &message, ctx).await {
            Ok(()) => {
                self.waits.end(SERVERS, None);
                Settle::Done
            }
            Err(Left::Outage(after, reason)) => {
                self.waits.begin(SERVERS, &brief(&reason));
                Settle::Later { after, reason }
            }
            Err(Left::Later(after, reason)) => Settle::Later { after, reason },
            Err(Left::Dead(reason)) => {
                tracing::warn!(message.id = message.id, reason, "job given up; see 'checkmate dead list'");
                Settle::Dead { reason }
            }
        }
    }
}

/// An outage of the store is nobody's fault: tried again soon, nothing counted.
impl From<StoreError> for Left {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(_) => Self::Dead(error.to_string()),
            StoreError::Unavailable(_) | StoreError::Misconfigured(_) => {
                Self::Outage(Duration::from_secs(1), error.to_string())
            }
        }
    }
}

impl From<PublishError> for Left {
    fn from(error: PublishError) -> Self {
        Self::Outage(Duration::from_secs(1), error.to_string())
    }
}

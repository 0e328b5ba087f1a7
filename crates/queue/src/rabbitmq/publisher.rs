//! Publishing: one task owns the connection, its channel and what is in flight, and rebuilds them when they break.
//!
//! One task, because the client library gives a confirm to the wrong message when two threads publish on one channel at
//! once, and because whose return it was can only be decided by somebody who sees every confirm.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use checkmate_service::{Backoff, metrics};
use futures::{Stream, StreamExt};
use lapin::Event;
use lapin::options::ConfirmSelectOptions;
use lapin::types::ShortString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::config::RabbitConfig;
use super::connect::{Live, Purpose, connect};
use super::explain;
use super::in_flight::{InFlight, Reply};
use super::topology::Topology;
use super::wire::{self, Prepared};
use crate::contract::{BrokerError, Outgoing, PublishError};

/// Batches waiting for the task; beyond it publishers wait.
const WAITING: usize = 1_024;
/// Messages written and unconfirmed; beyond it batches wait.
const IN_FLIGHT: usize = 4_096;
/// How often the task looks whether confirms still come.
const LOOK: Duration = Duration::from_millis(500);
/// At most so often the topology is looked over because a message found no queue.
const REPAIR_EVERY: Duration = Duration::from_secs(2);

/// Whether messages can be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Up,
    /// The broker takes no messages; its reason.
    Blocked(String),
    /// No connection; the last reason.
    Down(String),
    Closed,
}

impl State {
    /// What a person should know about it; `None` when all is well.
    pub(super) fn trouble(&self) -> Option<String> {
        match self {
            Self::Up => None,
            Self::Blocked(reason) => Some(format!(
                "the broker blocks publishers ({reason}): free disk space or memory on its host; \
                 'checkmate broker check' shows its alarms"
            )),
            Self::Down(reason) => Some(reason.clone()),
            Self::Closed => Some("this process has closed its connection".to_owned()),
        }
    }
}

/// Hands batches to the publishing task. Clones share it.
#[derive(Clone)]
pub(super) struct Publisher {
    jobs: mpsc::Sender<Job>,
    state: watch::Receiver<State>,
    user: ShortString,
    confirm_timeout: Duration,
}

struct Job {
    messages: Vec<Prepared>,
    reply: Reply,
    /// Set when it may have reached the broker.
    written: Arc<AtomicBool>,
}

impl Publisher {
    /// Connects once, so that a wrong setting shows at the start, and makes the task to be run.
    ///
    /// # Errors
    /// When no host takes us or something of the topology is missing.
    pub(super) async fn start(
        config: Arc<RabbitConfig>,
        topology: Arc<Topology>,
        closed: CancellationToken,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), BrokerError> {
        let user = ShortString::try_new(config.user.clone())
            .map_err(|error| BrokerError::Misconfigured(format!("broker user: {error}")))?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (state, watched) = watch::channel(State::Up);
        let confirm_timeout = config.confirm_timeout;
        let task = Task { config, topology, jobs: waiting, state, closed };
        let session = task.open().await?;
        let publisher = Self { jobs, state: watched, user, confirm_timeout };
        Ok((publisher, async move { task.run(session).await }))
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(super) fn user(&self) -> &ShortString {
        &self.user
    }

    pub(super) async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        // Collected with its errors it would have room for four, and most batches are one or two.
        let mut prepared = Vec::with_capacity(messages.len());
        for message in messages {
            prepared.push(wire::prepare(message, &self.user).map_err(|to| PublishError::Refused { to })?);
        }
        self.send(prepared).await
    }

    pub(super) async fn send(&self, messages: Vec<Prepared>) -> Result<(), PublishError> {
        let Some(first) = messages.first() else { return Ok(()) };
        let to = first.route.to();
        let written = Arc::new(AtomicBool::new(false));
        let (reply, answer) = oneshot::channel();
        let job = Job { messages, reply, written: Arc::clone(&written) };
        let asking = async {
            self.jobs.send(job).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(self.confirm_timeout, asking).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(self.nothing_known(to, &written)),
            Err(_) => Err(self.nothing_known(to, &written)),
        }
    }

    fn nothing_known(&self, to: String, written: &AtomicBool) -> PublishError {
        let trouble = self.state().trouble();
        if written.load(Ordering::SeqCst) {
            let hint = trouble.unwrap_or_else(|| "the broker is connected and does not answer".to_owned());
            return PublishError::Unconfirmed { to, after: self.confirm_timeout, hint };
        }
        let why = trouble.unwrap_or_else(|| "too many messages wait for their confirm".to_owned());
        PublishError::Unavailable(why)
    }
}

struct Task {
    config: Arc<RabbitConfig>,
    topology: Arc<Topology>,
    jobs: mpsc::Receiver<Job>,
    state: watch::Sender<State>,
    closed: CancellationToken,
}

struct Session {
    live: Live,
    flight: InFlight,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Task {
    async fn run(mut self, session: Session) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut next = Some(session);
        while !self.closed.is_cancelled() {
            let why = match next.take() {
                Some(session) => self.use_up(session, &mut backoff).await,
                None => match self.closed.clone().run_until_cancelled(self.open()).await {
                    Some(Ok(session)) => {
                        tracing::info!(role = self.config.role, "publishing to the broker again");
                        metrics::broker_blocked(false);
                        self.state.send_replace(State::Up);
                        next = Some(session);
                        continue;
                    }
                    Some(Err(error)) => error.to_string(),
                    None => break,
                },
            };
            if self.closed.is_cancelled() {
                break;
            }
            let wait = backoff.fail();
            tracing::warn!(reason = why, retry_in_ms = wait.as_millis(), "publishing is interrupted");
            self.state.send_replace(State::Down(why));
            let _ = self.closed.clone().run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        self.state.send_replace(State::Closed);
    }

    async fn open(&self) -> Result<Session, BrokerError> {
        let live = connect(&self.config, Purpose::Publish).await?;
        self.topology.ensure(&live.connection).await?;
        let opening = async {
            let channel = live.connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(channel)
        };
        let channel = self.topology.asked(opening).await?;
        let flight = InFlight::new(channel, self.config.confirm_timeout);
        let events = Box::pin(live.connection.events_listener());
        Ok(Session { live, flight, events })
    }

    /// A message found no queue: something of ours may have been deleted while we ran.
    async fn repair(&self, live: &Live) {
        if let Err(error) = self.topology.ensure(&live.connection).await {
            tracing::error!(%error, "a message reached no queue and the reason cannot be mended from here");
        }
    }

    /// Serves until the session breaks; tells why.
    async fn use_up(&mut self, mut session: Session, backoff: &mut Backoff) -> String {
        let why = self.serve(&mut session, backoff).await;
        let closing = self.closed.is_cancelled();
        let Session { live, flight, .. } = session;
        flight.fail(&why);
        live.close(if closing { Duration::from_secs(2) } else { Duration::ZERO }).await;
        why
    }

    async fn serve(&mut self, session: &mut Session, backoff: &mut Backoff) -> String {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut blocked = false;
        let mut repaired = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.closed.cancelled() => return "closed".to_owned(),
                event = session.events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => {
                        tracing::warn!(reason, "the broker blocks publishers");
                        blocked = true;
                        metrics::broker_blocked(true);
                        self.state.send_replace(State::Blocked(reason));
                    }
                    Some(Event::ConnectionUnblocked) => {
                        tracing::info!("the broker takes messages again");
                        blocked = false;
                        metrics::broker_blocked(false);
                        self.state.send_replace(State::Up);
                    }
                    // An error of another channel is its own affair.
                    Some(Event::Error(error)) if !session.usable() => return explain::text(&error),
                    Some(_) => {}
                    None => return "the connection ended".to_owned(),
                },
                progress = session.flight.progress() => match progress {
                    Ok(()) => {
                        backoff.reset();
                        if session.flight.take_lost_route() && repaired.elapsed() > REPAIR_EVERY {
                            repaired = Instant::now();
                            self.repair(&session.live).await;
                        }
                    }
                    Err(error) => return explain::text(&error),
                },
                Some(job) = self.jobs.recv(), if !blocked && session.flight.len() < IN_FLIGHT => {
                    take(job, &mut session.flight);
                    while session.flight.len() < IN_FLIGHT && let Ok(job) = self.jobs.try_recv() {
                        take(job, &mut session.flight);
                    }
                }
                _ = look.tick() => {
                    if !session.usable() {
                        return "the connection ended".to_owned();
                    }
                    if !blocked && session.flight.oldest() > self.config.confirm_timeout {
                        return format!("confirms stopped coming for {:?}", self.config.confirm_timeout);
                    }
                }
            }
        }
    }
}

impl Session {
    fn usable(&self) -> bool {
        self.live.usable() && self.flight.usable()
    }
}

fn take(job: Job, flight: &mut InFlight) {
    // Whoever asked has given up; written now it would only be a repeat.
    if job.reply.is_closed() {
        return;
    }
    job.written.store(true, Ordering::SeqCst);
    flight.push(job.messages, job.reply);
}

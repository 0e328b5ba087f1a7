//! The contract both brokers keep.
//!
//! Delivery is at least once. A published message is either confirmed or an error, never in between without saying so; a
//! consumed one is leased until it is settled, and whoever lost the lease is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{CloudEvent, JobMessage, Lane, TraceParent};
use tokio_util::sync::CancellationToken;

use crate::names::Queue;

/// A message queue. Production implementations: `rabbitmq::RabbitBroker`, `embedded::EmbeddedBroker`.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Publishes all messages and returns when every one is confirmed as stored and routed. Confirms are awaited together.
    ///
    /// # Errors
    /// The first that was not confirmed; others of the batch may have been. Repeat the whole batch: consumers take repeats.
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError>;

    /// Starts consuming, with at most `prefetch` messages leased at a time.
    ///
    /// # Errors
    /// When the queue cannot be consumed now.
    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError>;

    /// How much waits and how much is leased.
    ///
    /// # Errors
    /// When the broker does not answer.
    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError>;

    /// Queues that this process found missing and created since it was last asked: what had been confirmed into them is gone.
    fn take_created(&self) -> Vec<Queue>;

    /// Whether the broker can be published to right now, with a reason for a person when it cannot.
    ///
    /// # Errors
    /// Unavailable or blocked, with the reason.
    async fn ready(&self) -> Result<(), BrokerError>;

    /// Closes connections. Leases still out are lost and their messages come again.
    async fn close(&self);
}

/// One subscription. When it ends it is dead for good: ask the broker for another.
#[async_trait]
pub trait Consumer: Send {
    /// The next message; `None` when the subscription ended, whether by `stop` or by the broker. Dropping the future
    /// before it answers loses no message.
    async fn next(&mut self) -> Option<Delivery>;

    /// A message that is here already. `None` says nothing else: not that there is none, and not why.
    fn ready(&mut self) -> Option<Delivery>;

    /// Stops the intake: what was already sent here and not yet taken by `next` goes back unharmed; leases stay valid.
    async fn stop(&mut self);

    /// Why it ended, for a person, when the broker ended it.
    fn ended_because(&self) -> Option<String>;
}

/// A message and the right to settle it.
pub struct Delivery {
    /// What was delivered.
    pub message: Message,
    /// The right to settle it.
    pub lease: Box<dyn Lease>,
}

/// The right to settle one message. Dropped unsettled, the message comes again, at the latest when its time-out is over.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Settles. For `Later` and `Dead` the copy is confirmed before the original is acked.
    async fn settle(self: Box<Self>, settle: Settle) -> Settled;

    /// Fires when the broker took the message away: stop, emit nothing more.
    fn lost(&self) -> CancellationToken;
}

/// The verdict on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// Everything it caused is stored and confirmed.
    Done,
    /// Deliver it again after at least this time (up to the ladder's longest).
    Later {
        /// At least this long.
        after: Duration,
        /// Why, in one line; kept with the message.
        reason: String,
    },
    /// Give it up: it goes to the dead letters with this readable reason.
    Dead {
        /// Why, in one line.
        reason: String,
    },
    /// Put it back at once, unharmed: it was never begun.
    Requeue,
}

/// Whether the verdict was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    Accepted,
    /// The lease was lost before: the message comes again, here or elsewhere.
    LeaseLost,
    /// The broker could not be reached or refused the copy: the message comes again.
    Failed(String),
}

/// A message as consumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The publisher's id for it.
    pub id: Option<String>,
    /// Where it was consumed.
    pub queue: Queue,
    /// What was sent; unchecked and possibly large.
    pub body: Arc<[u8]>,
    /// The span that caused it; `None` when nobody says so in the form of W3C Trace Context.
    pub cause: Option<TraceParent>,
    /// The other text headers; our own start with `checkmate-`.
    pub headers: BTreeMap<String, String>,
    /// The broker says that it was delivered before.
    pub redelivered: bool,
    /// Who published it, as validated by the broker; `None` where there is no such thing.
    pub user_id: Option<String>,
    /// Present on the dead queue: where it died and why.
    pub death: Option<Death>,
}

impl Message {
    /// Who published it, by the broker's word, when that is none of these; `None` when all is well. Where there is no such
    /// thing as a user (no list), everybody is believed.
    #[must_use]
    pub fn stranger(&self, publishers: Option<&BTreeSet<String>>) -> Option<&str> {
        let user = self.user_id.as_deref().unwrap_or("nobody");
        publishers.is_some_and(|publishers| !publishers.contains(user)).then_some(user)
    }
}

/// How a message got to the dead queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// The queue it was on.
    pub queue: String,
    /// Readable: our own reason, or what the broker did (`delivery limit reached`, `message expired`, …).
    pub reason: String,
    /// The broker gave it up by itself, so nobody of us has looked after what it was for.
    pub by_broker: bool,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub to: Destination,
    /// Stable over repeats: a job id or event id.
    pub id: String,
    /// The content.
    pub body: Vec<u8>,
    /// The span that caused it; travels in a header of its own.
    pub cause: Option<TraceParent>,
    /// Other text headers that travel along, retries included.
    pub headers: BTreeMap<String, String>,
}

impl Outgoing {
    /// A message without headers.
    #[must_use]
    pub fn new(to: Destination, id: impl Into<String>, body: Vec<u8>) -> Self {
        Self { to, id: id.into(), body, cause: None, headers: BTreeMap::new() }
    }

    /// A job on its way to the work queue of its lane, in the trace of its scan.
    #[must_use]
    pub fn job(job: &JobMessage) -> Self {
        let message = Self::new(Destination::Work(job.lane), job.job.as_str(), job.to_bytes());
        message.caused_by(TraceParent::of_request(&job.scan))
    }

    /// An event, in the trace of its scan. `must_route` when our own notifier has to hear it.
    #[must_use]
    pub fn event(event: &CloudEvent, must_route: bool) -> Self {
        let to = Destination::Event { kind: event.data.kind().to_owned(), must_route };
        let message = Self::new(to, event.id.as_str(), event.to_bytes());
        message.caused_by(TraceParent::of_event(&event.data))
    }

    /// With the span that caused it.
    #[must_use]
    pub fn caused_by(self, cause: TraceParent) -> Self {
        Self { cause: Some(cause), ..self }
    }
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The work queue of a lane.
    Work(Lane),
    /// The event exchange under this type. Must reach at least one queue when `must_route`.
    Event {
        /// The event type.
        kind: String,
        /// Whether nobody listening is a failure: true for events our own notifier needs.
        must_route: bool,
    },
    /// Straight to a queue: re-sending a dead letter.
    Queue(Queue),
}

/// Why a message is not known to be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No queue took it: something of the topology is missing.
    #[error("nothing is bound for {to}: run 'checkmate broker setup' and look at 'checkmate broker check'")]
    Unroutable {
        /// Exchange and routing key.
        to: String,
    },
    /// The broker refused it (queue full, policy).
    #[error("the broker refused a message for {to}: it may be full; see 'checkmate broker check'")]
    Refused {
        /// Exchange and routing key.
        to: String,
    },
    /// No answer in time: it may or may not be stored.
    #[error("no confirm for {to} within {after:?}: {hint}")]
    Unconfirmed {
        /// Exchange and routing key.
        to: String,
        /// How long was waited.
        after: Duration,
        /// What is known about the reason, such as a blocked connection.
        hint: String,
    },
    /// There is no connection.
    #[error("broker unavailable: {0}")]
    Unavailable(String),
}

/// What went wrong with the broker, by what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// Try again later.
    #[error("broker unavailable: {0}")]
    Unavailable(String),
    /// A queue or exchange is missing or different, and may not be made: somebody has to set it up.
    #[error("{0}: run 'checkmate broker setup' as a user who may configure, then 'checkmate broker check'")]
    Topology(String),
    /// The settings cannot work.
    #[error("{0}")]
    Misconfigured(String),
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Waiting to be delivered.
    pub ready: u64,
    /// Delivered and not settled; `None` where the broker does not tell.
    pub unacked: Option<u64>,
}

impl Depth {
    /// Known to hold nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready == 0 && self.unacked == Some(0)
    }
}

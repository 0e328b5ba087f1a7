//! The consumer loop: takes messages when there is room, runs each as an owned task with a time limit, settles it, and
//! drains in order. Used by every role over any [`Broker`](crate::Broker).
//!
//! - [`consume`] is the loop; one intake per queue, rebuilt whenever its subscription ends;
//! - [`Handler`] is what a role brings; [`JobContext`] is what it gets for one message.

mod context;
mod intake;
mod job;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_service::Stop;
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use crate::contract::{Broker, Message, Settle};
use crate::names::Queue;

pub use context::{Alone, JobContext, StopCause};

/// What a role does with a message.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Does the work and gives the verdict. Must return soon after [`JobContext::stop`] fires.
    async fn handle(&self, message: Message, ctx: &JobContext) -> Settle;

    /// How long that may take; beyond it the context fires.
    fn time_limit(&self, message: &Message) -> Duration;
}

/// One queue and how much of it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// Which queue.
    pub queue: Queue,
    /// Messages in hand at a time; never more are leased. Each queue has its own, so none waits for another's work.
    pub slots: u16,
}

/// How to consume.
#[derive(Debug, Clone)]
pub struct ConsumeConfig {
    /// The queues.
    pub intakes: Vec<Intake>,
    /// From firing a context to cutting its work off.
    pub cut_after: Duration,
    /// Wait before a subscription that failed is made again; doubles to `retry_most`.
    pub retry_first: Duration,
    /// The longest such wait.
    pub retry_most: Duration,
}

impl ConsumeConfig {
    /// The defaults for these queues.
    #[must_use]
    pub fn new(intakes: Vec<Intake>) -> Self {
        Self {
            intakes,
            cut_after: Duration::from_secs(5),
            retry_first: Duration::from_millis(100),
            retry_most: Duration::from_secs(10),
        }
    }
}

/// How draining went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Messages handled since the start.
    pub handled: u64,
    /// Ids of the messages whose work had to be stopped.
    pub late: Vec<String>,
}

/// What the intakes of one loop share.
struct Shared {
    broker: Arc<dyn Broker>,
    handler: Arc<dyn Handler>,
    config: ConsumeConfig,
    stop: Stop,
    /// Every running job holds it shared; a suspect holds it alone.
    gate: Arc<RwLock<()>>,
}

/// Consumes until the stop signal, then drains. Returns when every task it started has been joined.
pub async fn consume(
    broker: Arc<dyn Broker>,
    handler: Arc<dyn Handler>,
    config: ConsumeConfig,
    stop: &Stop,
) -> DrainReport {
    let intakes = config.intakes.clone();
    let gate = Arc::new(RwLock::new(()));
    let shared = Arc::new(Shared { broker, handler, config, stop: stop.clone(), gate });
    let mut running = JoinSet::new();
    for intake in intakes {
        running.spawn(intake::run(shared.clone(), intake));
    }
    let mut report = DrainReport::default();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(part) => {
                report.handled += part.handled;
                report.late.extend(part.late);
            }
            Err(error) => tracing::error!(%error, "an intake failed; its messages come again"),
        }
    }
    if !report.late.is_empty() {
        tracing::warn!(late = ?report.late, "work in hand was stopped and given back");
    }
    report
}

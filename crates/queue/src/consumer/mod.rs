//! The consumer loop of every role that works off a queue, over any [`Broker`](crate::Broker).
//!
//! A slot is free before a message is taken. Each message runs as a task of its own with a deadline; the task is told to stop
//! when the deadline is over, when the broker took the message away, or when the process ends, and is dropped when it does
//! not. Whatever happens, exactly one verdict is sent for a message that is still ours, and none for one that is not. A
//! subscription that ends is made again, for ever. Draining cuts the intake and waits for the work in hand.

mod alone;
mod config;
mod context;
mod feed;
mod job;
mod liveness;
mod run;
mod running;
mod slots;

use std::time::Duration;

use async_trait::async_trait;

pub use self::alone::Alone;
pub use self::config::{ConfigError, ConsumeConfig, Intake};
pub use self::context::{JobContext, StopCause};
pub use self::liveness::{Down, Liveness, RunningJob};
pub use self::run::{ConsumerLoop, DrainReport};
use crate::contract::{Message, Settle};

/// What is done with a message. Implementations: the worker's jobs, the notifier's results, the scheduler's requests and dead
/// letters.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// What a message asks for, as far as it says so itself.
    type Work: Send;

    /// Reads a message: what is to be done, and how long it may take, which must fit into the broker's consumer time-out.
    fn read(&self, message: &Message) -> (Self::Work, Duration);

    /// Works the message off and gives the verdict. Everything that it caused is stored and confirmed before it says
    /// [`Settle::Done`]. When [`JobContext::stopping`] fires, it ends soon; if the cause is [`StopCause::LeaseLost`], it
    /// emits nothing more and its verdict is not used.
    async fn handle(&self, work: Self::Work, message: Message, ctx: &JobContext) -> Settle;
}

/// Reads a message and works it off, outside of any loop, without its guards: for tests, with [`JobContext::detached`].
pub async fn hand<H: Handler>(handler: &H, message: Message, ctx: &JobContext) -> Settle {
    let (work, _) = handler.read(&message);
    handler.handle(work, message, ctx).await
}

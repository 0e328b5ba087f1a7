//! One message: run the handler under its time limit, its lease and the stop signal, then settle.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use checkmate_service::crashpoint::crashpoint;
use futures::FutureExt;

use super::Shared;
use super::context::{JobContext, StopCause};
use crate::contract::{Delivery, Lease, Settle, Settled};

/// Before a message whose handler panicked is tried again.
const AFTER_PANIC: Duration = Duration::from_secs(10);

/// How the work on a message ended.
pub(super) struct Ended {
    /// The message's id, when its work had to be stopped by a shutdown.
    pub(super) late: Option<String>,
}

pub(super) async fn work_on(shared: &Shared, delivery: Delivery) -> Ended {
    let Delivery { message, lease } = delivery;
    let id = message.id.clone().unwrap_or_else(|| "without an id".to_owned());
    let limit = shared.handler.time_limit(&message);
    let ctx = JobContext::enter(shared.gate.clone()).await;
    let work = AssertUnwindSafe(shared.handler.handle(message, &ctx)).catch_unwind();
    tokio::pin!(work);
    let lost = lease.lost();
    let verdict = tokio::select! {
        biased;
        done = &mut work => Some(done),
        () = lost.cancelled() => stopped(&ctx, StopCause::LeaseLost, shared.config.cut_after, &mut work).await,
        () = shared.stop.killing().cancelled() => stopped(&ctx, StopCause::Shutdown, shared.config.cut_after, &mut work).await,
        () = tokio::time::sleep(limit) => stopped(&ctx, StopCause::Deadline, shared.config.cut_after, &mut work).await,
    };
    let settle = match verdict {
        Some(Ok(settle)) => settle,
        Some(Err(panic)) => panicked(&id, panic.as_ref()),
        None => cut(ctx.cause(), limit),
    };
    crashpoint("consumer.before-settle");
    finish(&id, lease, settle).await;
    crashpoint("consumer.after-settle");
    let late = (ctx.cause() == Some(StopCause::Shutdown)).then_some(id);
    Ended { late }
}

/// Tells the work to stop and waits a little for its own verdict.
async fn stopped<T>(
    ctx: &JobContext,
    cause: StopCause,
    wait: Duration,
    work: &mut (impl Future<Output = T> + Unpin),
) -> Option<T> {
    ctx.fire(cause);
    tokio::time::timeout(wait, work).await.ok()
}

fn panicked(id: &str, panic: &(dyn Any + Send)) -> Settle {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let reason = format!("the handler panicked: {}", text.unwrap_or("no text"));
    tracing::error!(
        message.id = id,
        reason,
        "this is a defect: please report it; the message is tried again"
    );
    Settle::Later { after: AFTER_PANIC, reason }
}

/// The verdict on work that did not stop by itself.
fn cut(cause: Option<StopCause>, limit: Duration) -> Settle {
    match cause {
        Some(StopCause::Deadline) => {
            let reason = format!("cut off: it did not stop at its time limit of {limit:?}");
            Settle::Later { after: AFTER_PANIC, reason }
        }
        Some(StopCause::LeaseLost | StopCause::Shutdown) | None => Settle::Requeue,
    }
}

async fn finish(id: &str, lease: Box<dyn Lease>, settle: Settle) {
    match lease.settle(settle).await {
        Settled::Accepted => {}
        Settled::LeaseLost => {
            tracing::debug!(message.id = id, "the broker took the message back; it comes again")
        }
        Settled::Failed(why) => tracing::warn!(message.id = id, why, "not settled; the message comes again"),
    }
}

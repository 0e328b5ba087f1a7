//! Messages that were written and not yet confirmed, and which of them came back as unroutable.
//!
//! The client library hands a returned message to whichever confirm completes next, which need not be the confirm of
//! that message: with several in flight a lost message may look confirmed and a stored one lost. But whoever carries it
//! completes *before* the true owner does. So after any confirm everything else that is complete is collected too, and
//! only then is it decided, by exchange, key and id, whose return it was.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use checkmate_service::crashpoint::crashpoint;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::{Channel, Confirmation};
use tokio::sync::oneshot;
use tokio_util::sync::ReusableBoxFuture;

use super::explain;
use super::wire::{Prepared, Route};
use crate::contract::PublishError;

/// Boxes kept for reuse, and room for so many outcomes.
const KEPT: usize = 256;

/// Where the answer to a batch goes.
pub(super) type Reply = oneshot::Sender<Result<(), PublishError>>;

struct Batch {
    open: usize,
    error: Option<PublishError>,
    reply: Reply,
    since: Instant,
}

/// How one message ended.
struct Outcome {
    batch: u64,
    route: Route,
    result: lapin::Result<Confirmation>,
}

/// How a message ended, and the box it was in.
type Written = (Outcome, ReusableBoxFuture<'static, Outcome>);

/// A message on its way. Its future is large, and boxes of that size are dear to make anew for each.
struct Writing(Option<ReusableBoxFuture<'static, Outcome>>);

impl Future for Writing {
    type Output = Written;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Written> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let outcome = std::task::ready!(future.poll(context));
        match self.0.take() {
            Some(emptied) => Poll::Ready((outcome, emptied)),
            None => Poll::Pending,
        }
    }
}

/// Everything in flight on one channel.
pub(super) struct InFlight {
    channel: Arc<Channel>,
    messages: FuturesUnordered<Writing>,
    /// Boxes of messages that are over, for the next ones.
    boxes: Vec<ReusableBoxFuture<'static, Outcome>>,
    /// Room for what completes together, empty in between.
    complete: Vec<Outcome>,
    batches: BTreeMap<u64, Batch>,
    /// Returns whose owner has not completed yet.
    returned: HashMap<Route, usize>,
    lost_route: bool,
    next: u64,
    confirm_timeout: Duration,
}

impl InFlight {
    pub(super) fn new(channel: Channel, confirm_timeout: Duration) -> Self {
        Self {
            channel: Arc::new(channel),
            messages: FuturesUnordered::new(),
            boxes: Vec::new(),
            complete: Vec::new(),
            batches: BTreeMap::new(),
            returned: HashMap::new(),
            lost_route: false,
            next: 0,
            confirm_timeout,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether its channel is open as far as is known.
    pub(super) fn usable(&self) -> bool {
        self.channel.status().connected()
    }

    /// Whether a message found no queue since this was last asked.
    pub(super) fn take_lost_route(&mut self) -> bool {
        std::mem::take(&mut self.lost_route)
    }

    /// Takes a batch; it is written when [`InFlight::progress`] is awaited next, in this order.
    pub(super) fn push(&mut self, messages: Vec<Prepared>, reply: Reply) {
        let batch = self.next;
        self.next += 1;
        let open = messages.len();
        self.batches.insert(batch, Batch { open, error: None, reply, since: Instant::now() });
        for message in messages {
            let writing = write(Arc::clone(&self.channel), batch, message);
            self.messages.push(match self.boxes.pop() {
                Some(mut reused) => {
                    reused.set(writing);
                    Writing(Some(reused))
                }
                None => Writing(Some(ReusableBoxFuture::new(writing))),
            });
        }
    }

    /// Waits for confirms and answers the batches that are complete. Cancel-safe: nothing is taken before it is decided.
    ///
    /// # Errors
    /// The channel's error; what is still in flight fails with [`InFlight::fail`].
    pub(super) async fn progress(&mut self) -> Result<(), lapin::Error> {
        let Some(first) = self.messages.next().await else { return std::future::pending().await };
        let (mut complete, boxes) = (std::mem::take(&mut self.complete), &mut self.boxes);
        let mut take = |(outcome, emptied)| {
            complete.push(outcome);
            if boxes.len() < KEPT {
                boxes.push(emptied);
            }
        };
        take(first);
        collect_ready(&mut self.messages, take);
        let decided = self.decide(&mut complete);
        complete.shrink_to(KEPT);
        self.complete = complete;
        decided
    }

    /// How long the oldest batch waits.
    pub(super) fn oldest(&self) -> Duration {
        self.batches.first_key_value().map_or(Duration::ZERO, |(_, batch)| batch.since.elapsed())
    }

    /// Ends every batch: nothing more will be confirmed here.
    pub(super) fn fail(mut self, hint: &str) {
        let mut complete = Vec::new();
        collect_ready(&mut self.messages, |(outcome, _)| complete.push(outcome));
        let _ = self.decide(&mut complete);
        for batch in std::mem::take(&mut self.batches).into_values() {
            let error = batch.error.unwrap_or_else(|| PublishError::Unconfirmed {
                to: "the broker".to_owned(),
                after: batch.since.elapsed(),
                hint: hint.to_owned(),
            });
            let _ = batch.reply.send(Err(error));
        }
    }

    /// Empties what is complete.
    fn decide(&mut self, complete: &mut Vec<Outcome>) -> Result<(), lapin::Error> {
        for outcome in &*complete {
            if let Ok(Confirmation::Ack(Some(back)) | Confirmation::Nack(Some(back))) = &outcome.result {
                *self.returned.entry(route_of(back)).or_default() += 1;
            }
        }
        let mut broken = Ok(());
        for outcome in complete.drain(..) {
            let error = match outcome.result {
                Ok(Confirmation::Nack(_)) => Some(PublishError::Refused { to: outcome.route.to() }),
                Ok(_) if self.take_return(&outcome.route) => {
                    self.lost_route = true;
                    Some(PublishError::Unroutable { to: outcome.route.to() })
                }
                Ok(_) => None,
                Err(error) => {
                    let explained = self.explain(outcome.batch, &outcome.route, &error);
                    broken = Err(error);
                    Some(explained)
                }
            };
            self.settle(outcome.batch, error);
        }
        if self.messages.is_empty() {
            self.returned.clear();
        }
        broken
    }

    fn take_return(&mut self, route: &Route) -> bool {
        match self.returned.get_mut(route) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// A channel error ends everything on the channel; only the message that caused it is told so.
    fn explain(&self, batch: u64, route: &Route, error: &lapin::Error) -> PublishError {
        let said = explain::text(error);
        let to = route.to();
        let ours = said.contains(&format!("'{}'", route.exchange));
        match explain::code(error) {
            Some(explain::NOT_FOUND) if ours => PublishError::Unroutable { to },
            Some(explain::ACCESS_REFUSED | explain::PRECONDITION_FAILED)
                if ours || said.contains("user_id") =>
            {
                PublishError::Refused { to: format!("{to} ({said})") }
            }
            Some(explain::PRECONDITION_FAILED) if said.contains("message size") => {
                PublishError::Refused { to: format!("{to} ({said})") }
            }
            _ => {
                let after = self.batches.get(&batch).map_or(self.confirm_timeout, |b| b.since.elapsed());
                PublishError::Unconfirmed { to, after, hint: said }
            }
        }
    }

    fn settle(&mut self, number: u64, error: Option<PublishError>) {
        let Some(batch) = self.batches.get_mut(&number) else { return };
        batch.open -= 1;
        batch.error = batch.error.take().or(error);
        if batch.open > 0 {
            return;
        }
        if let Some(batch) = self.batches.remove(&number) {
            crashpoint("queue.before-confirm");
            let _ = batch.reply.send(batch.error.map_or(Ok(()), Err));
        }
    }
}

async fn write(channel: Arc<Channel>, batch: u64, message: Prepared) -> Outcome {
    let Prepared { route, mandatory, body, properties } = message;
    let options = BasicPublishOptions { mandatory, immediate: false };
    let written =
        channel.basic_publish(route.exchange.clone(), route.key.clone(), options, body.as_ref(), properties);
    let result = match written.await {
        Ok(confirm) => confirm.await,
        Err(error) => Err(error),
    };
    Outcome { batch, route, result }
}

fn route_of(back: &BasicReturnMessage) -> Route {
    Route {
        exchange: back.exchange.clone(),
        key: back.routing_key.clone(),
        id: back.properties.message_id().clone(),
    }
}

/// Everything that is complete by now. The set may pause by itself and asks to be polled again then, which is not the
/// same as having nothing more; the flag tells the two apart.
fn collect_ready(messages: &mut FuturesUnordered<Writing>, mut take: impl FnMut(Written)) {
    let again = Arc::new(Again(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&again));
    let mut context = Context::from_waker(&waker);
    loop {
        again.0.store(false, Ordering::SeqCst);
        match messages.poll_next_unpin(&mut context) {
            Poll::Ready(Some(written)) => take(written),
            Poll::Pending if again.0.load(Ordering::SeqCst) => {}
            Poll::Ready(None) | Poll::Pending => return,
        }
    }
}

struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

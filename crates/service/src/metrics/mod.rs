//! What a process counts. Each place that has something to tell calls the one function for it; [`Metric`] names them all.

mod cells;
mod names;
mod text;

use std::time::Duration;

pub use cells::{is_on, turn};
pub use names::{Kind, Metric};
pub use text::{CONTENT_TYPE, exposition};

/// What a process cannot work without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// Where everything is kept.
    Store,
    /// Where messages wait.
    Broker,
}

impl Dependency {
    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Broker => "broker",
        }
    }
}

/// A message was published; `destination` is a queue or a type of event, `outcome` how the broker answered.
pub fn sent(destination: &'static str, outcome: &'static str) {
    cells::count(Metric::SentMessages, [destination, outcome], 1);
}

/// A batch of messages was answered.
pub fn published(outcome: &'static str, took: Duration) {
    cells::observe(Metric::PublishDuration, [outcome], took);
}

/// A message was taken. `waited` is how long it had been on the queue, when that is known.
#[must_use = "the message counts as in hand until this is dropped"]
pub fn consumed(queue: &'static str, redelivered: bool, waited: Option<Duration>) -> InHand {
    cells::count(Metric::ConsumedMessages, [queue], 1);
    if redelivered {
        cells::count(Metric::Redelivered, [queue], 1);
    }
    if let Some(waited) = waited {
        cells::observe(Metric::QueueWait, [queue], waited);
    }
    cells::add(Metric::InHand, [queue], 1.0);
    InHand(queue)
}

/// A message in hand.
#[derive(Debug)]
pub struct InHand(&'static str);

impl Drop for InHand {
    fn drop(&mut self) {
        cells::add(Metric::InHand, [self.0], -1.0);
    }
}

/// There is a verdict on a message, or it is known why there is none.
pub fn settled(queue: &'static str, outcome: &'static str, took: Duration) {
    cells::count(Metric::SettledMessages, [queue, outcome], 1);
    cells::observe(Metric::ProcessDuration, [queue, outcome], took);
}

/// So many messages of a queue may be in hand.
pub fn slots(queue: &'static str, most: u16) {
    cells::set(Metric::Slots, [queue], f64::from(most));
}

/// Whether a queue is subscribed to.
pub fn consumer_up(queue: &'static str, up: bool) {
    cells::set(Metric::ConsumerUp, [queue], f64::from(u8::from(up)));
}

/// An attempt at a job ended.
pub fn attempt(kind: &'static str, outcome: &'static str, took: Duration) {
    cells::observe(Metric::JobDuration, [kind, outcome], took);
}

/// A credential was asked for.
pub fn credential(outcome: &'static str, took: Duration) {
    cells::observe(Metric::CredentialFetch, [outcome], took);
}

/// A scan is over, so long after it was asked for.
pub fn scan_over(state: &'static str, took: Duration) {
    cells::observe(Metric::EndToEnd, [state], took);
}

/// A dead letter is in the store.
pub fn dead_letter(by_broker: bool) {
    cells::count(Metric::DeadLetters, [if by_broker { "broker" } else { "us" }], 1);
}

/// A keeper's round ended; `led` is `None` when it was cut short.
pub fn keeper_round(led: Option<bool>) {
    let outcome = match led {
        Some(true) => "led",
        Some(false) => "left to another",
        None => "cut short",
    };
    cells::count(Metric::KeeperRounds, [outcome], 1);
    cells::set(Metric::Leader, [], f64::from(u8::from(led == Some(true))));
}

/// The keeper mended so many of something.
pub fn keeper_mended(what: &'static str, many: usize) {
    if many > 0 {
        cells::count(Metric::KeeperMended, [what], u64::try_from(many).unwrap_or(u64::MAX));
    }
}

/// A result was reconciled.
pub fn reconciled(took: Duration) {
    cells::observe(Metric::ReconcileDuration, [], took);
}

/// A finding changed its state.
pub fn transition(kind: &'static str) {
    cells::count(Metric::Transitions, [kind], 1);
}

/// Something was done about what people did to a ticket, or to one that was lost.
pub fn ticket_change(what: &'static str) {
    cells::count(Metric::TicketChanges, [what], 1);
}

/// A person was asked, or it was settled what they were asked.
pub fn approval(what: &'static str) {
    cells::count(Metric::Approvals, [what], 1);
}

/// Tickets that were made twice are closed.
pub fn doubles_closed(many: usize) {
    cells::count(Metric::DoublesClosed, [], u64::try_from(many).unwrap_or(u64::MAX));
}

/// Whether store or broker answers; `was` is what was known before.
pub fn dependency(which: Dependency, up: bool, was: bool) {
    cells::set(Metric::DependencyUp, [which.as_str()], f64::from(u8::from(up)));
    if was && !up {
        cells::count(Metric::Outages, [which.as_str()], 1);
    }
}

/// What lies on a queue now; `unacked` where the broker tells.
pub fn queue_depth(queue: &'static str, ready: u64, unacked: Option<u64>) {
    cells::set(Metric::QueueReady, [queue], level(ready));
    if let Some(unacked) = unacked {
        cells::set(Metric::QueueUnacked, [queue], level(unacked));
    }
}

/// How long the oldest message of a queue has waited.
pub fn oldest_message(queue: &'static str, age: Duration) {
    cells::set(Metric::OldestMessage, [queue], age.as_secs_f64());
}

/// Nothing is known of the queues here any more: another process looks at them.
pub fn queues_unknown() {
    for metric in [Metric::QueueReady, Metric::QueueUnacked, Metric::OldestMessage] {
        cells::clear(metric);
    }
}

/// A schedule's tick became a scan.
pub fn cron_fired() {
    cells::count(Metric::CronFired, [], 1);
}

/// So many ticks were missed and are not made up for.
pub fn cron_missed(why: &'static str, ticks: u64) {
    cells::count(Metric::CronMissed, [why], ticks);
}

/// So many ticks met a scan that was running, and made none.
pub fn cron_skipped(why: &'static str, ticks: u64) {
    cells::count(Metric::CronSkipped, [why], ticks);
}

/// Exact as far as a queue can be long.
#[allow(clippy::cast_precision_loss, reason = "nobody counts messages beyond 2^53")]
fn level(messages: u64) -> f64 {
    messages as f64
}

/// Whether the broker blocks publishers.
pub fn broker_blocked(blocked: bool) {
    cells::set(Metric::BrokerBlocked, [], f64::from(u8::from(blocked)));
}

/// A schedule's tick became a scan so late.
pub fn schedule_lateness(late: Duration) {
    cells::observe(Metric::ScheduleLateness, [], late);
}

/// Spans were not sent.
pub fn spans_dropped(many: usize) {
    cells::count(Metric::SpansDropped, [], u64::try_from(many).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests;

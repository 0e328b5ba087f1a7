//! What is done about a row of the ledger, and what becomes of it: pure. [`held`] are rows that a person has to approve.
//!
//! A sender takes a row, sends or looks, and writes what came of it; each write is on the version it read, so that of two
//! senders one is too late before it has done anything. Who dies in between leaves a row that falls due: what was being sent
//! may be there, and is looked for before it is sent again. What each channel can promise says [`Promise`].

pub mod held;

use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};

/// How often an effect is there in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Once: it can be looked for by its id.
    ExactlyOnce,
    /// Once or not at all: it cannot be looked for.
    AtMostOnce,
    /// Once or not at all: it can be looked for, but not so surely that it would be sent again.
    AtMostOnceSeen,
    /// Once or more: the receiver tells repeats by its id.
    AtLeastOnce,
}

/// Times of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// A sender that has not written by then is taken for dead. Longer than any call with its repeats.
    pub hold: Duration,
    /// How long after the last look the next one comes, while an answer is lost; after the last it is sent again.
    pub looks: Vec<Duration>,
    /// Before what was refused for now is tried again, when nobody says how long; doubled each time.
    pub again: Duration,
    /// The longest such wait.
    pub again_at_most: Duration,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send it.
    Send,
    /// Look whether it is there.
    Look,
    /// Nothing: only the row has changed.
    Write,
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is there, under this name if it has one.
    Done(Option<String>),
    /// Nothing was done, and it will not be: a person has to act.
    Refused(String),
    /// Nothing was done now.
    Later(Option<Duration>, String),
    /// The channel cannot be used: it waits until it can.
    Unusable(String),
    /// Nobody knows whether it was done.
    Lost(String),
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It is there, under this name.
    There(String),
    /// It cannot be seen.
    NotSeen,
    /// It could not be looked for.
    Failed(String),
    /// It may not be looked for.
    Forbidden(String),
}

/// Takes a row that is due: what it becomes, and what to do once that is written. Nothing when it is not due.
#[must_use]
pub fn take(
    record: &DeliveryRecord,
    promise: Promise,
    times: &Times,
    now: Timestamp,
) -> Option<(DeliveryRecord, Step)> {
    if record.due.is_none_or(|due| due > now) {
        return None;
    }
    let held = DeliveryRecord { due: Some(now.plus(times.hold)), ..next(record, now) };
    // What a person has to approve is not touched before. It is made only once they have, so nothing has to be looked for.
    if record.approval.is_some() {
        let back = DeliveryRecord { state: DeliveryState::Planned, due: None, ..held };
        return Some((held::kept(back), Step::Write));
    }
    let sending = DeliveryRecord {
        state: DeliveryState::Sending,
        attempts: record.attempts + 1,
        looks: 0,
        sent: Some(record.look.clone()),
        ..held.clone()
    };
    Some(match (record.state, promise) {
        (DeliveryState::Planned | DeliveryState::Parked, _)
        | (DeliveryState::Sending, Promise::AtLeastOnce) => (sending, Step::Send),
        (DeliveryState::Sending, Promise::AtMostOnce) => {
            let why = Some("its sender ended before the answer came: it may be there".to_owned());
            (DeliveryRecord { state: DeliveryState::Unconfirmed, due: None, why, ..held }, Step::Write)
        }
        (DeliveryState::Sending | DeliveryState::Unknown, _) => {
            (DeliveryRecord { state: DeliveryState::Unknown, looks: record.looks + 1, ..held }, Step::Look)
        }
        _ => (DeliveryRecord { due: None, ..held }, Step::Write),
    })
}

/// What a row becomes by what came of sending.
#[must_use]
pub fn sent(
    record: &DeliveryRecord,
    promise: Promise,
    times: &Times,
    what: Sent,
    now: Timestamp,
) -> DeliveryRecord {
    held::kept(came_back(record, promise, times, what, now))
}

fn came_back(
    record: &DeliveryRecord,
    promise: Promise,
    times: &Times,
    what: Sent,
    now: Timestamp,
) -> DeliveryRecord {
    let next = next(record, now);
    let backoff = times.again.saturating_mul(2_u32.saturating_pow(record.attempts.saturating_sub(1).min(16)));
    let again = |wait: Option<Duration>| Some(now.plus(wait.unwrap_or(backoff.min(times.again_at_most))));
    match what {
        Sent::Done(remote) => arrived(next, remote, now),
        Sent::Refused(why) => {
            DeliveryRecord { state: DeliveryState::Failed, due: None, why: Some(why), ..next }
        }
        Sent::Later(wait, why) => {
            DeliveryRecord { state: DeliveryState::Planned, due: again(wait), why: Some(why), ..next }
        }
        Sent::Unusable(why) => {
            DeliveryRecord { state: DeliveryState::Parked, due: again(None), why: Some(why), ..next }
        }
        Sent::Lost(why) => match promise {
            Promise::ExactlyOnce | Promise::AtMostOnceSeen => {
                let due = Some(now.plus(times.looks.first().copied().unwrap_or(times.again)));
                DeliveryRecord { state: DeliveryState::Unknown, looks: 0, due, why: Some(why), ..next }
            }
            Promise::AtMostOnce => {
                DeliveryRecord { state: DeliveryState::Unconfirmed, due: None, why: Some(why), ..next }
            }
            Promise::AtLeastOnce => {
                DeliveryRecord { state: DeliveryState::Planned, due: again(None), why: Some(why), ..next }
            }
        },
    }
}

/// What a row becomes by what came of looking.
#[must_use]
pub fn looked(
    record: &DeliveryRecord,
    promise: Promise,
    times: &Times,
    what: Looked,
    now: Timestamp,
) -> DeliveryRecord {
    let next = next(record, now);
    let unconfirmed = |why: String, next: DeliveryRecord| DeliveryRecord {
        state: DeliveryState::Unconfirmed,
        due: None,
        why: Some(why),
        ..next
    };
    let sends_again = promise != Promise::AtMostOnceSeen;
    held::kept(match what {
        Looked::There(remote) => arrived(next, Some(remote), now),
        Looked::Forbidden(why) if !sends_again => unconfirmed(why, next),
        // A look that failed was none.
        Looked::Failed(why) | Looked::Forbidden(why) => DeliveryRecord {
            looks: record.looks.saturating_sub(1),
            due: Some(now.plus(times.again)),
            why: Some(why),
            ..next
        },
        Looked::NotSeen => match times.looks.get(record.looks as usize) {
            Some(wait) => DeliveryRecord { due: Some(now.plus(*wait)), ..next },
            None if sends_again => DeliveryRecord { state: DeliveryState::Planned, due: Some(now), ..next },
            None => unconfirmed("its answer was lost, and it was not seen since".to_owned(), next),
        },
    })
}

/// What a row becomes when it should look otherwise; nothing when it is as it should be.
#[must_use]
pub fn wanted(record: &DeliveryRecord, look: &str, now: Timestamp) -> Option<DeliveryRecord> {
    if record.look == look {
        return None;
    }
    let next = DeliveryRecord { look: look.to_owned(), ..next(record, now) };
    Some(match record.state {
        DeliveryState::Delivered if record.approval.is_none() => {
            DeliveryRecord { state: DeliveryState::Planned, attempts: 0, due: Some(now), ..next }
        }
        // What is on its way goes on; the new look is compared when it has arrived.
        _ => next,
    })
}

/// It is there; and due at once where it should look otherwise by now.
fn arrived(record: DeliveryRecord, remote: Option<String>, now: Timestamp) -> DeliveryRecord {
    let (remote, why) = (remote.or_else(|| record.remote.clone()), None);
    if record.sent.as_ref() == Some(&record.look) {
        return DeliveryRecord { state: DeliveryState::Delivered, due: None, remote, why, ..record };
    }
    DeliveryRecord { state: DeliveryState::Planned, due: Some(now), attempts: 0, remote, why, ..record }
}

fn next(record: &DeliveryRecord, now: Timestamp) -> DeliveryRecord {
    DeliveryRecord { changed_at: now, ..record.clone() }
}

#[cfg(test)]
mod tests;

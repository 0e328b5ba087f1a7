//! From outgoing messages to rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_service::crashpoint::crashpoint;
use checkmate_sqlite::DbError;

use super::shared::Shared;
use super::table::{self, Key, Stored, Total};
use crate::contract::{Destination, Message, Outgoing, PublishError};
use crate::names::{EXCHANGE_EVENTS, Queue, RESULTS_BINDING};

/// Stores them all in one transaction; answers after the disk sync.
pub(super) async fn publish(shared: &Arc<Shared>, messages: Vec<Outgoing>) -> Result<(), PublishError> {
    let mut routed = Vec::with_capacity(messages.len());
    for message in messages {
        if let Some(queue) = route(&message.to)? {
            routed.push(to_store(message, queue));
        }
    }
    if routed.is_empty() {
        return Ok(());
    }
    let room = Room::reserve(shared, &routed)?;
    let (writer, after) = (Arc::clone(shared), Arc::clone(shared));
    let write = move |connection: &_| {
        for stored in &mut routed {
            stored.key = writer.next_key();
            table::insert(connection, stored)?;
        }
        crashpoint("queue.before-commit");
        Ok(routed)
    };
    let announce = move |written: Result<Vec<Stored>, DbError>| {
        after.note(&written);
        crashpoint("queue.before-confirm");
        let answer = written.map(|messages| after.arrived(messages));
        drop(room);
        answer
    };
    let unavailable = |error: DbError| PublishError::Unavailable(error.to_string());
    shared.db.write_then(write, announce).await.map_err(unavailable)?.map_err(unavailable)
}

/// The queue a message is for; `None` when nobody listens and that is fine.
fn route(to: &Destination) -> Result<Option<Queue>, PublishError> {
    match to {
        Destination::Work(lane) => Ok(Some(Queue::of_lane(*lane))),
        Destination::Queue(queue) => Ok(Some(*queue)),
        Destination::Event { kind, .. } if is_result(kind) => Ok(Some(Queue::Results)),
        Destination::Event { must_route: false, .. } => Ok(None),
        Destination::Event { kind, must_route: true } => {
            Err(PublishError::Unroutable { to: format!("{EXCHANGE_EVENTS} {kind}") })
        }
    }
}

/// What [`RESULTS_BINDING`] says: these words, and any number after them.
fn is_result(kind: &str) -> bool {
    let words = RESULTS_BINDING.trim_end_matches(".#");
    kind.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn to_store(outgoing: Outgoing, queue: Queue) -> Stored {
    let Outgoing { to: _, id, body, cause, headers } = outgoing;
    let size = table::size_of(&id, cause, &headers, &body);
    let message = Message {
        id: Some(id),
        queue,
        body: Arc::from(body),
        cause,
        headers,
        redelivered: false,
        user_id: None,
        death: None,
    };
    Stored { key: Key::FIRST, size, message }
}

/// Room kept in the queues until the messages are written, or never will be.
struct Room {
    shared: Arc<Shared>,
    kept: Vec<(Queue, Total)>,
}

impl Room {
    fn reserve(shared: &Arc<Shared>, messages: &[Stored]) -> Result<Self, PublishError> {
        let mut wanted: BTreeMap<Queue, Total> = BTreeMap::new();
        for stored in messages {
            if stored.size > shared.config.largest_message {
                return Err(PublishError::Refused { to: stored.message.queue.to_string() });
            }
            let total = wanted.entry(stored.message.queue).or_default();
            total.messages += 1;
            total.bytes += stored.size;
        }
        let mut room = Self { shared: Arc::clone(shared), kept: Vec::new() };
        let most = Total { messages: shared.config.most_messages, bytes: shared.config.most_bytes };
        for (queue, total) in wanted {
            // The lock is let go before `room` may be dropped by the early return.
            let fits = shared.lock().queue(queue).reserve(total, most);
            if !fits {
                return Err(PublishError::Refused { to: queue.to_string() });
            }
            room.kept.push((queue, total));
        }
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        for (queue, total) in self.kept.drain(..) {
            state.queue(queue).release(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binding_takes_results_and_nothing_else() {
        let cases = [
            ("checkmate.result.recorded", true),
            ("checkmate.result", true),
            ("checkmate.results", false),
            ("checkmate.resulted.x", false),
            ("checkmate.scan.finished", false),
        ];
        for (kind, taken) in cases {
            assert_eq!(is_result(kind), taken, "{kind}");
        }
    }
}

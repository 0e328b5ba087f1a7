//! The one table of the broker, and every statement that touches it.
//!
//! A row is one message. `at` is when it may be delivered, in microseconds; with `seq` it is the order of delivery within a
//! queue. Nothing is written when a message is delivered: leases live in memory and are gone with the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_domain::{TraceParent, trace};
use checkmate_sqlite::DbError;
use rusqlite::{Connection, Row, params};

use super::clock::Micros;
use crate::contract::{Death, Message};
use crate::names::Queue;

pub(super) const SCHEMA: &str = "
PRAGMA journal_size_limit = 67108864;
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    at INTEGER NOT NULL,
    delay INTEGER NOT NULL,
    size INTEGER NOT NULL,
    id TEXT NOT NULL,
    headers TEXT NOT NULL,
    death_queue TEXT,
    death_reason TEXT,
    death_by_broker INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS message_waiting ON message (queue, at, seq, size);
";

/// Where a message stands in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) at: Micros,
    pub(super) seq: i64,
}

impl Key {
    pub(super) const FIRST: Self = Self { at: 0, seq: 0 };
}

/// A stored message.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) key: Key,
    pub(super) size: u64,
    pub(super) message: Message,
}

/// What a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// Messages loaded in order, and what follows them.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) messages: Vec<Stored>,
    pub(super) then: Then,
}

/// What stands behind the last message of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Perhaps more that is due.
    More,
    /// Nothing before that time.
    DueAt(Micros),
}

/// How much one page may hold; the first message always fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimit {
    pub(super) messages: usize,
    pub(super) bytes: u64,
}

/// The size that counts against the bounds.
pub(super) fn size_of(
    id: &str,
    cause: Option<TraceParent>,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> u64 {
    let cause = cause.map_or(0, |_| trace::HEADER.len() + trace::LENGTH);
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    (id.len() + cause + headers + body.len()) as u64
}

pub(super) fn insert(c: &Connection, stored: &Stored) -> Result<(), DbError> {
    let Stored { key, size, message } = stored;
    let mut statement = c.prepare_cached(
        "INSERT INTO message (seq, queue, at, delay, size, id, headers, body) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7)",
    )?;
    let id = message.id.as_deref().unwrap_or_default();
    let headers = to_text(message.cause, &message.headers);
    statement.execute(params![
        key.seq,
        message.queue.name(),
        key.at,
        size.cast_signed(),
        id,
        headers,
        &*message.body
    ])?;
    Ok(())
}

pub(super) fn delete(c: &Connection, seq: i64) -> Result<(), DbError> {
    c.prepare_cached("DELETE FROM message WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

pub(super) fn put_off(
    c: &Connection,
    seq: i64,
    at: Micros,
    delay: Micros,
    cause: Option<TraceParent>,
    headers: &BTreeMap<String, String>,
) -> Result<(), DbError> {
    c.prepare_cached("UPDATE message SET at = ?2, delay = ?3, headers = ?4 WHERE seq = ?1")?
        .execute(params![seq, at, delay, to_text(cause, headers)])?;
    Ok(())
}

pub(super) fn bury(c: &Connection, seq: i64, at: Micros, death: &Death) -> Result<(), DbError> {
    c.prepare_cached(
        "UPDATE message SET queue = ?2, at = ?3, delay = 0, death_queue = ?4, death_reason = ?5, death_by_broker = ?6
         WHERE seq = ?1",
    )?
    .execute(params![seq, Queue::Dead.name(), at, death.queue, death.reason, death.by_broker])?;
    Ok(())
}

/// What is due at `now` after `after`, in order.
pub(super) fn page(
    c: &Connection,
    queue: Queue,
    after: Key,
    now: Micros,
    limit: PageLimit,
) -> Result<Page, DbError> {
    let mut statement = c.prepare_cached(
        "SELECT seq, at, size, id, headers, death_queue, death_reason, body, death_by_broker FROM message
         WHERE queue = ?1 AND (at, seq) > (?2, ?3) ORDER BY at, seq",
    )?;
    let mut rows = statement.query(params![queue.name(), after.at, after.seq])?;
    let mut messages: Vec<Stored> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let at = row.get(1)?;
        if at > now {
            return Ok(Page { messages, then: Then::DueAt(at) });
        }
        bytes += row.get::<_, i64>(2)?.cast_unsigned();
        if messages.len() == limit.messages || (bytes > limit.bytes && !messages.is_empty()) {
            return Ok(Page { messages, then: Then::More });
        }
        messages.push(read(row, queue)?);
    }
    Ok(Page { messages, then: Then::DueAt(Micros::MAX) })
}

fn read(row: &Row<'_>, queue: Queue) -> Result<Stored, DbError> {
    let death = match (row.get::<_, Option<String>>(5)?, row.get::<_, Option<String>>(6)?) {
        (Some(queue), Some(reason)) => Some(Death { queue, reason, by_broker: row.get(8)? }),
        _ => None,
    };
    let headers = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let mut headers: BTreeMap<String, String> = serde_json::from_str(headers).unwrap_or_default();
    let message = Message {
        id: Some(row.get(3)?),
        queue,
        body: Arc::from(row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?),
        cause: headers.remove(trace::HEADER).and_then(|cause| cause.parse().ok()),
        headers,
        redelivered: false,
        user_id: None,
        death,
    };
    let key = Key { seq: row.get(0)?, at: row.get(1)? };
    Ok(Stored { key, size: row.get::<_, i64>(2)?.cast_unsigned(), message })
}

/// What each queue holds, and the last `seq` given.
pub(super) fn totals(c: &Connection) -> Result<(BTreeMap<Queue, Total>, i64), DbError> {
    let mut totals = BTreeMap::new();
    for queue in Queue::ALL {
        let sql = "SELECT count(*), coalesce(sum(size), 0) FROM message WHERE queue = ?1";
        let total = c.query_row(sql, [queue.name()], |row| {
            let (messages, bytes) =
                (row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned());
            Ok(Total { messages, bytes })
        })?;
        totals.insert(queue, total);
    }
    let last = c.query_row("SELECT coalesce(max(seq), 0) FROM message", [], |row| row.get(0))?;
    Ok((totals, last))
}

/// Nothing waits longer than it was put off, even if the machine's clock was set back meanwhile.
pub(super) fn clamp(c: &Connection, now: Micros) -> Result<(), DbError> {
    for queue in Queue::ALL {
        let sql = "UPDATE message SET at = ?2 + delay WHERE queue = ?1 AND at > ?2 AND at > ?2 + delay";
        c.execute(sql, params![queue.name(), now])?;
    }
    Ok(())
}

/// Writes something that leaves nothing behind.
pub(super) fn probe(c: &Connection) -> Result<(), DbError> {
    let insert = "INSERT INTO message (seq, queue, at, delay, size, id, headers, body)
                  VALUES (-1, 'probe', 0, 0, 0, '', '', zeroblob(65536))";
    c.execute(insert, [])?;
    delete(c, -1)
}

fn to_text(cause: Option<TraceParent>, headers: &BTreeMap<String, String>) -> String {
    let cause = cause.map(|cause| cause.to_string());
    let cause = cause.iter().map(|cause| (trace::HEADER, cause.as_str()));
    let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(cause);
    serde_json::to_string(&all.collect::<BTreeMap<_, _>>()).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_read_where_it_has_its_form_and_the_other_headers_in_any_case() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(SCHEMA).expect("the schema");
        let said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let insert = "INSERT INTO message (seq, queue, at, delay, size, id, headers, body) \
                      VALUES (?1, ?2, 0, 0, 0, 'm', ?3, x'00')";
        for (seq, cause) in [(1, said), (2, "00-x-y-01")] {
            let headers = format!(r#"{{"a":"b","traceparent":"{cause}"}}"#);
            db.execute(insert, params![seq, Queue::ScanBulk.name(), headers]).expect("a row");
        }
        let limit = PageLimit { messages: 9, bytes: 9 };
        let page = page(&db, Queue::ScanBulk, Key::FIRST, 9, limit).expect("a page");
        let causes: Vec<_> =
            page.messages.iter().map(|stored| stored.message.cause.map(|cause| cause.to_string())).collect();
        assert_eq!(causes, [Some(said.to_owned()), None]);
        for stored in page.messages {
            assert_eq!(stored.message.headers, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        }
    }
}

//! The broker's one task: reads messages from the table when memory runs low or one becomes due, ends leases that took too
//! long, and buries what was delivered too often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_sqlite::DbError;
use tokio_util::sync::CancellationToken;

use super::index::{Entry, PAGE};
use super::lease::{die, write_death};
use super::shared::Shared;
use super::table::{self, Key};
use crate::names::Queue;

/// How long to leave a database alone that just failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

pub(super) async fn pump(shared: Arc<Shared>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let poked = shared.poke.notified();
        let wait = match once(&shared).await {
            Ok(wait) => wait,
            Err(DbError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the embedded queue cannot read its file; trying again; check the disk");
                Some(AFTER_FAILURE)
            }
        };
        tokio::select! {
            () = poked => {}
            () = stop.cancelled() => {}
            () = sleep(wait) => {}
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Does all there is to do; tells how long there is nothing more.
async fn once(shared: &Arc<Shared>) -> Result<Option<Duration>, DbError> {
    loop {
        shared.revoke(Some(Instant::now()));
        let work = look(shared);
        if work.pages.is_empty() && work.condemned.is_none() {
            return Ok(work.wait);
        }
        if let Some((queue, entry)) = work.condemned {
            bury(shared, queue, entry).await?;
        }
        for (queue, after) in work.pages {
            page(shared, queue, after).await?;
        }
    }
}

struct Work {
    pages: Vec<(Queue, Key)>,
    /// One at a time: what is taken here and not buried would be forgotten.
    condemned: Option<(Queue, Entry)>,
    wait: Option<Duration>,
}

fn look(shared: &Shared) -> Work {
    let (now, instant) = (shared.clock.now(), Instant::now());
    let mut work = Work { pages: Vec::new(), condemned: None, wait: None };
    let mut state = shared.lock();
    for (queue, index) in state.queues() {
        work.pages.extend(index.wants_page(now).map(|after| (queue, after)));
        if work.condemned.is_none() {
            work.condemned = index.take_condemned().map(|entry| (queue, entry));
        }
        let due = index.next_due().map(|due| shared.clock.until(due));
        let expiry = index.next_expiry().map(|expiry| expiry.saturating_duration_since(instant));
        work.wait = [work.wait, due, expiry].into_iter().flatten().min();
    }
    state.armed = work.wait.map(|wait| instant + wait);
    work
}

/// Read on the writer thread, so that it stands in one order with all commits.
async fn page(shared: &Arc<Shared>, queue: Queue, after: Key) -> Result<(), DbError> {
    let (reader, index) = (Arc::clone(shared), Arc::clone(shared));
    let read = move |connection: &_| table::page(connection, queue, after, reader.clock.tick(), PAGE);
    let loaded = move |page: Result<table::Page, DbError>| {
        let page = page?;
        index.lock().queue(queue).loaded(page, index.old);
        Ok(())
    };
    shared.db.write_then(read, loaded).await?
}

async fn bury(shared: &Arc<Shared>, queue: Queue, entry: Entry) -> Result<(), DbError> {
    let mut stored = entry.stored.clone();
    tracing::warn!(%queue, id = stored.message.id, "delivery limit reached: the message goes to the dead letters");
    die(&mut stored, "delivery limit reached".to_owned(), true);
    let (writer, index) = (Arc::clone(shared), Arc::clone(shared));
    let write = move |connection: &_| write_death(connection, &writer, stored);
    let buried = move |stored: Result<table::Stored, DbError>| match stored {
        Ok(stored) => {
            index.lock().queue(queue).forget(&entry);
            index.arrived(vec![stored]);
            Ok(())
        }
        Err(error) => {
            index.lock().queue(queue).still_condemned(entry);
            Err(error)
        }
    };
    shared.db.write_then(write, buried).await?
}

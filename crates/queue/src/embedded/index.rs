//! What is known in memory about one queue: the next messages, who holds which, and what is left in the table.
//!
//! Everything up to `loaded_to` is in the window, leased, or gone; everything after it is in the table only. All changes of
//! the table are told here in the order of the commits, so the two never disagree.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::clock::Micros;
use super::table::{Key, Page, PageLimit, Stored, Then, Total};

/// How many messages, and bytes of them, wait in memory for a consumer.
const WINDOW: PageLimit = PageLimit { messages: 1024, bytes: 8 << 20 };
/// How much is read from the table at once.
pub(super) const PAGE: PageLimit = PageLimit { messages: 256, bytes: 4 << 20 };

/// A message in memory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stored: Stored,
    /// How often it was handed out since the file was opened.
    pub(super) deliveries: u32,
}

/// A message handed out.
pub(super) struct Leased {
    pub(super) entry: Entry,
    pub(super) lost: CancellationToken,
    pub(super) expires: Instant,
    /// The verdict is on its way to the disk: nobody may take the message away now.
    pub(super) settling: bool,
    /// How many messages its consumer holds.
    holder: Arc<AtomicUsize>,
}

/// One queue.
pub(super) struct Index {
    window: BTreeMap<Key, Entry>,
    window_bytes: u64,
    leased: HashMap<u64, Leased>,
    total: Total,
    reserved: Total,
    loaded_to: Key,
    /// The table may hold more that is due.
    behind: bool,
    /// When `behind` is false: nothing in the table is due before.
    next_due: Micros,
    /// Delivered too often; on their way to the dead letters.
    condemned: Vec<Entry>,
    consumers: usize,
    wake: Arc<Notify>,
}

impl Index {
    pub(super) fn new(total: Total) -> Self {
        Self {
            window: BTreeMap::new(),
            window_bytes: 0,
            leased: HashMap::new(),
            total,
            reserved: Total::default(),
            loaded_to: Key::FIRST,
            behind: total.messages > 0,
            next_due: Micros::MAX,
            condemned: Vec::new(),
            consumers: 0,
            wake: Arc::new(Notify::new()),
        }
    }

    pub(super) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    pub(super) fn add_consumer(&mut self) {
        self.consumers += 1;
    }

    pub(super) fn remove_consumer(&mut self) {
        self.consumers = self.consumers.saturating_sub(1);
    }

    /// Waiting, now or for their time, and leased.
    pub(super) fn depth(&self) -> (u64, u64) {
        let leased = self.leased.len() as u64;
        (self.total.messages.saturating_sub(leased), leased)
    }

    /// Keeps room for messages about to be written; false when that would be too much.
    pub(super) fn reserve(&mut self, more: Total, most: Total) -> bool {
        let fits = |total: u64, reserved: u64, more: u64, most: u64| {
            total.saturating_add(reserved).saturating_add(more) <= most
        };
        let fits = fits(self.total.messages, self.reserved.messages, more.messages, most.messages)
            && fits(self.total.bytes, self.reserved.bytes, more.bytes, most.bytes);
        if fits {
            self.reserved.messages += more.messages;
            self.reserved.bytes += more.bytes;
        }
        fits
    }

    /// Gives the room back: the messages are written, or will never be.
    pub(super) fn release(&mut self, more: Total) {
        self.reserved.messages = self.reserved.messages.saturating_sub(more.messages);
        self.reserved.bytes = self.reserved.bytes.saturating_sub(more.bytes);
    }

    /// A message was written to the end of this queue.
    pub(super) fn arrived(&mut self, stored: Stored) {
        self.total.messages += 1;
        self.total.bytes += stored.size;
        let room = self.window.is_empty()
            || (self.window.len() < WINDOW.messages && self.window_bytes + stored.size <= WINDOW.bytes);
        if self.consumers > 0 && room && !self.behind && stored.key.at < self.next_due {
            self.loaded_to = stored.key;
            self.push(Entry { stored, deliveries: 0 });
            self.wake.notify_waiters();
        } else {
            self.behind = true;
        }
    }

    /// Whether a page should be read, and from where.
    pub(super) fn wants_page(&mut self, now: Micros) -> Option<Key> {
        self.behind |= self.next_due <= now;
        let low = self.window.len() < WINDOW.messages / 2 && self.window_bytes < WINDOW.bytes / 2;
        (self.behind && low && self.consumers > 0).then_some(self.loaded_to)
    }

    /// A page was read. `old`: what has a `seq` up to this may have been delivered by an earlier process.
    pub(super) fn loaded(&mut self, page: Page, old: i64) {
        let Page { messages, then } = page;
        for mut stored in messages {
            self.loaded_to = stored.key;
            stored.message.redelivered = stored.key.seq <= old;
            self.push(Entry { stored, deliveries: 0 });
        }
        (self.behind, self.next_due) = match then {
            Then::More => (true, Micros::MAX),
            Then::DueAt(at) => (false, at),
        };
        self.wake.notify_waiters();
    }

    /// When the table next has something due, if anybody waits for it.
    pub(super) fn next_due(&self) -> Option<Micros> {
        (self.consumers > 0 && self.next_due < Micros::MAX).then_some(self.next_due)
    }

    /// Hands out the next message.
    pub(super) fn lease(
        &mut self,
        lease: u64,
        expires: Instant,
        holder: &Arc<AtomicUsize>,
    ) -> Option<(Stored, CancellationToken)> {
        let (_, mut entry) = self.window.pop_first()?;
        self.window_bytes = self.window_bytes.saturating_sub(entry.stored.size);
        let mut copy = entry.stored.clone();
        copy.message.redelivered |= entry.deliveries > 0;
        entry.deliveries = entry.deliveries.saturating_add(1);
        holder.fetch_add(1, Ordering::Relaxed);
        let lost = CancellationToken::new();
        let holder = Arc::clone(holder);
        self.leased.insert(lease, Leased { entry, lost: lost.clone(), expires, settling: false, holder });
        Some((copy, lost))
    }

    /// Begins settling; false when the lease was lost.
    pub(super) fn begin_settling(&mut self, lease: u64) -> bool {
        self.leased.get_mut(&lease).map(|leased| leased.settling = true).is_some()
    }

    /// The message under that lease.
    pub(super) fn stored(&self, lease: u64) -> Option<Stored> {
        self.leased.get(&lease).map(|leased| leased.entry.stored.clone())
    }

    /// The message left the queue.
    pub(super) fn gone(&mut self, lease: u64) {
        if let Some(leased) = self.end(lease) {
            self.forget(&leased.entry);
        }
    }

    /// The message is in the table again, due at that time.
    pub(super) fn put_off(&mut self, lease: u64, at: Micros) {
        if self.end(lease).is_some() {
            self.next_due = self.next_due.min(at);
        }
    }

    /// The message waits again, in its old place. It is condemned when it was handed out `most` times.
    pub(super) fn put_back(&mut self, lease: u64, most: u32) -> Option<CancellationToken> {
        let Leased { entry, lost, .. } = self.end(lease)?;
        if entry.deliveries >= most {
            self.condemned.push(entry);
        } else {
            self.push(entry);
            self.wake.notify_waiters();
        }
        Some(lost)
    }

    /// One of the condemned, to be buried.
    pub(super) fn take_condemned(&mut self) -> Option<Entry> {
        self.condemned.pop()
    }

    /// It could not be.
    pub(super) fn still_condemned(&mut self, entry: Entry) {
        self.condemned.push(entry);
    }

    /// A message is gone from this queue.
    pub(super) fn forget(&mut self, entry: &Entry) {
        self.total.messages = self.total.messages.saturating_sub(1);
        self.total.bytes = self.total.bytes.saturating_sub(entry.stored.size);
    }

    /// Leases that are over at `now`; all of them when it is `None`.
    pub(super) fn expired(&self, now: Option<Instant>) -> Vec<u64> {
        let over = |leased: &Leased| !leased.settling && now.is_none_or(|now| leased.expires <= now);
        self.leased.iter().filter(|(_, leased)| over(leased)).map(|(lease, _)| *lease).collect()
    }

    /// When the first lease is over.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.leased.values().filter(|leased| !leased.settling).map(|leased| leased.expires).min()
    }

    fn end(&mut self, lease: u64) -> Option<Leased> {
        let leased = self.leased.remove(&lease)?;
        leased.holder.fetch_sub(1, Ordering::Relaxed);
        self.wake.notify_waiters();
        Some(leased)
    }

    fn push(&mut self, entry: Entry) {
        self.window_bytes += entry.stored.size;
        self.window.insert(entry.stored.key, entry);
    }
}

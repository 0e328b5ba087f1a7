//! The way back: what people did to tickets is seen by looking at them, and answered.
//!
//! The site is asked what changed lately, and from time to time what is open. So nothing has to be remembered: whoever begins
//! looks at all that should be open, and finds what was done while nobody looked. What is done about a ticket is said by its
//! row, its mark and the scans that were asked for; of two who look, or who die over it, nothing is done twice.
//!
//! [`round`] looks at one site, [`closed`] judges a ticket that a person closed.

mod closed;
mod round;
mod wont_do;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{DeliveryId, ScanId, Scope, Timestamp};
use checkmate_service::Stop;
use checkmate_store::{LockAttempt, LockGuard, ScanRecord, Store, StoreError};

use super::{Leases, Way, Ways};
use crate::Clock;
use crate::outcome::Organisations;
use round::Round;

/// The lock of the one process that looks.
const LOCK: &str = "ticket-watcher";
/// The longest time between two looks at scans that are waited for.
const LOOK: Duration = Duration::from_secs(2);
/// What changed so long before the last round is asked for again: the index may have been late.
const OVERLAP: Duration = Duration::from_mins(10);

/// What a watcher needs to know.
#[derive(Clone, Debug)]
pub struct WatcherConfig {
    /// This process start, for the lock.
    pub owner: String,
    /// Between two looks at what changed.
    pub every: Duration,
    /// Between two looks at all that is open.
    pub sweep_every: Duration,
    /// How long a look may take, at most, beside the time between two.
    pub hold: Duration,
}

/// A scan that a ticket asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of the ticket's change; the same one is the same scan.
    pub request: ScanId,
    /// What to look at.
    pub scope: Scope,
    /// For a person.
    pub why: String,
}

/// Who scans what tickets ask for. Production implementation: the one over the scheduler in
/// `crates/checkmate/src/wiring/watching.rs`.
#[async_trait]
pub trait Rescans: Send + Sync {
    /// Asks for a scan at once; the scan that comes of it. Asking again is harmless.
    ///
    /// # Errors
    /// When it was not recorded for certain.
    async fn ask(&self, wanted: &Wanted) -> Result<ScanRecord, StoreError>;
}

/// Looks at tickets.
pub struct Watcher {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    leases: Arc<dyn Leases>,
    rescans: Arc<dyn Rescans>,
    ways: Arc<Ways>,
    organisations: Organisations,
    config: WatcherConfig,
}

/// What is known of a site since this process looks at it.
#[derive(Default)]
struct Memory {
    /// When all that is open was looked at last.
    swept: Option<Timestamp>,
    /// Up to when changes are known.
    seen: Option<Timestamp>,
    /// Not before then: it has just been looked at.
    next: Option<Timestamp>,
    /// Why the last look failed: then the next one comes in its time.
    trouble: Option<String>,
    /// Tickets whose scans are waited for.
    pending: BTreeMap<DeliveryId, BTreeSet<ScanId>>,
}

/// The routes of one site and one account.
type Site<'a> = BTreeMap<&'a str, &'a Way>;

impl Watcher {
    /// A watcher over these parts, of the routes that go to Jira.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        leases: Arc<dyn Leases>,
        rescans: Arc<dyn Rescans>,
        ways: Arc<Ways>,
        organisations: Organisations,
        config: WatcherConfig,
    ) -> Self {
        Self { store, clock, leases, rescans, ways, organisations, config }
    }

    /// Looks until told to stop.
    pub async fn run(&self, stop: &Stop) {
        let (mut memories, mut told) = (BTreeMap::new(), None);
        while !stop.draining().is_cancelled() {
            match self.turn(&mut memories, stop).await {
                Ok(()) => told = None,
                Err(why) => {
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "tickets are not looked at now; it is tried again");
                        told = Some(why);
                    }
                }
            }
            stop.sleep(self.config.every.min(LOOK)).await;
        }
        if let Ok(Some(guard)) = self.lock().await {
            // When that fails it is free after its time.
            let _ = self.store.unlock(&guard).await;
        }
    }

    /// One look at every site that it is time for, unless another process looks.
    async fn turn(&self, memories: &mut BTreeMap<String, Memory>, stop: &Stop) -> Result<(), String> {
        let Some(guard) = self.lock().await.map_err(|error| error.to_string())? else {
            // What is known now is old when it is this process' turn again.
            memories.clear();
            return Ok(());
        };
        let mut failed = None;
        for (name, ways) in self.sites() {
            let memory = memories.entry(name).or_default();
            let is_time = memory.next.is_none_or(|next| next <= self.clock.now());
            if is_time || memory.trouble.is_none() {
                memory.trouble = self.look(&ways, memory, is_time, &guard, stop).await.err();
            }
            failed = failed.or_else(|| memory.trouble.clone());
        }
        failed.map_or(Ok(()), Err)
    }

    async fn look(
        &self,
        ways: &Site<'_>,
        memory: &mut Memory,
        is_time: bool,
        guard: &LockGuard,
        stop: &Stop,
    ) -> Result<(), String> {
        let now = self.clock.now();
        let Some(mut round) = Round::of(self, ways, guard, stop) else { return Ok(()) };
        let ended = round.ended(&memory.pending).await?;
        if is_time {
            memory.next = Some(now.plus(self.config.every));
        }
        let sweeps = memory.swept.is_none_or(|swept| swept.plus(self.config.sweep_every) <= now);
        if is_time && sweeps {
            round.sweep(&mut memory.pending).await?;
            (memory.swept, memory.seen) = (Some(now), Some(now));
        } else if is_time {
            let since = memory.seen.map_or(OVERLAP, |seen| now.since(seen).saturating_add(OVERLAP));
            round.changes(since, &mut memory.pending).await?;
            memory.seen = Some(now);
        }
        round.again(ended, &mut memory.pending).await
    }

    async fn lock(&self) -> Result<Option<LockGuard>, StoreError> {
        Ok(match self.store.lock(LOCK, &self.config.owner, self.ttl()).await? {
            LockAttempt::Held(guard) => Some(guard),
            LockAttempt::Other { .. } => None,
        })
    }

    const fn ttl(&self) -> Duration {
        self.config.every.saturating_add(self.config.hold)
    }

    /// Routes to Jira, by site and account.
    fn sites(&self) -> BTreeMap<String, Site<'_>> {
        let mut sites: BTreeMap<String, Site<'_>> = BTreeMap::new();
        for (name, way) in &*self.ways {
            if let Some(jira) = way.channel.jira() {
                let site = format!("{} {}", jira.base, way.connection.as_deref().unwrap_or_default());
                sites.entry(site).or_default().insert(name, way);
            }
        }
        sites
    }
}

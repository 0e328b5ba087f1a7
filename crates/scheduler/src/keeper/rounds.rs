//! The keeper's rounds: lead, look at every scan that is not settled, mend what is stuck.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checkmate_domain::{EndReason, JobMessage, Lane, NotAssessed, Timestamp};
use checkmate_queue::{Broker, BrokerError, Outgoing, PublishError, Queue};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::{Stop, metrics};
use checkmate_store::{
    JobEnded, JobRecord, JobState, LockAttempt, LockGuard, ScanRecord, ScanState, Store, StoreError,
};

use crate::keeper::decide::{Need, QueueFacts, Times, decide};
use crate::keeper::gauges::{self, Oldest};

/// The lock that makes one keeper the leader.
pub const LOCK: &str = "keeper";
/// Jobs looked at in one call.
const PAGE: u64 = 500;

/// What a keeper needs to know.
#[derive(Debug, Clone)]
pub struct KeeperConfig {
    /// This process start, for the lock.
    pub owner: String,
    /// Between two rounds.
    pub every: Duration,
    /// How long leadership holds without renewal.
    pub lock_ttl: Duration,
    /// What counts as stuck.
    pub times: Times,
}

impl KeeperConfig {
    /// The defaults, for a process of this name.
    #[must_use]
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            every: Duration::from_secs(2),
            lock_ttl: Duration::from_secs(10),
            times: Times::default(),
        }
    }
}

/// Looks after what is stuck.
pub struct Keeper {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    config: KeeperConfig,
    /// For queues that were made anew: for which of those times everything that was lost has been sent again.
    made_good: Mutex<BTreeMap<Queue, Timestamp>>,
    /// What waits, as this round sees it.
    oldest: Mutex<Oldest>,
}

/// What a round did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// Whether this process led.
    pub led: bool,
    /// Jobs claimed into a window with room.
    pub topped_up: usize,
    /// Job messages sent again.
    pub republished: usize,
    /// Result events sent again.
    pub resent: usize,
    /// Jobs ended as expired.
    pub expired: usize,
    /// Scans whose end was announced.
    pub announced: usize,
}

/// Why a round was cut short; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A publish.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Keeper {
    /// A keeper over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, broker: Arc<dyn Broker>, config: KeeperConfig) -> Self {
        Self { store, broker, config, made_good: Mutex::default(), oldest: Mutex::default() }
    }

    /// Makes rounds until told to stop, then gives leadership back.
    pub async fn run(&self, stop: &Stop) {
        let mut guard = None;
        let mut told = None;
        while !stop.draining().is_cancelled() {
            let round = self.round(&mut guard).await;
            count(round.as_ref().ok());
            match round {
                Ok(round) if round.republished + round.resent + round.expired > 0 => {
                    tracing::info!(?round, "kept");
                    told = None;
                }
                Ok(_) => told = None,
                // An outage is one line, however many rounds it lasts.
                Err(error) => {
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "keeper round cut short; the next one goes on");
                        told = Some(why);
                    }
                }
            }
            if !stop.sleep(self.config.every).await {
                break;
            }
        }
        if let Some(guard) = guard {
            let _ = self.store.unlock(&guard).await;
        }
    }

    /// One round, led or not. `guard` is the leadership kept between rounds.
    ///
    /// # Errors
    /// When store or broker did not answer; everything done so far stands.
    pub async fn round(&self, guard: &mut Option<LockGuard>) -> Result<Round, KeeperError> {
        let mut round = Round::default();
        for queue in self.broker.take_created() {
            self.store.note_queue_created(queue.name()).await?;
        }
        let Some(leader) = self.lead(guard).await? else {
            metrics::queues_unknown();
            return Ok(round);
        };
        round.led = true;
        *self.oldest() = Oldest::default();
        let facts = self.facts().await?;
        for scan in self.store.unsettled_scans().await? {
            if !self.store.renew_lock(&leader, self.config.lock_ttl).await? {
                *guard = None;
                metrics::queues_unknown();
                return Ok(round);
            }
            match self.keep_scan(&scan, &leader, &facts, &mut round).await {
                // One that cannot be read must not keep the others from being kept.
                Err(KeeperError::Store(error @ StoreError::Corrupt(_))) => {
                    tracing::error!(scan.id = %scan.id, %error, "a scan cannot be kept; the others are");
                }
                kept => kept?,
            }
        }
        self.note_made_good(&facts);
        gauges::show_others(&*self.broker).await;
        let now = self.store.now().await?;
        self.oldest().show(now);
        Ok(round)
    }

    fn oldest(&self) -> MutexGuard<'_, Oldest> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lead(&self, guard: &mut Option<LockGuard>) -> Result<Option<LockGuard>, StoreError> {
        let taken = self.store.lock(LOCK, &self.config.owner, self.config.lock_ttl).await?;
        *guard = match taken {
            LockAttempt::Held(held) => Some(held),
            LockAttempt::Other { .. } => None,
        };
        Ok(guard.clone())
    }

    /// A queue that was made anew counts as such for one whole round, when everything that may still have been on its way
    /// into the old one has settled. Counting it longer would send the same again in each round until somebody takes it.
    async fn facts(&self) -> Result<BTreeMap<Queue, QueueFacts>, KeeperError> {
        let now = self.store.now().await?;
        let made_good = self.made_good.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut facts = BTreeMap::new();
        for queue in [Queue::ScanInteractive, Queue::ScanBulk, Queue::Results] {
            let empty = match self.broker.depth(queue).await {
                Ok(depth) => {
                    metrics::queue_depth(queue.name(), depth.ready, depth.unacked);
                    depth.is_empty()
                }
                // Of this queue nothing is known; the others are kept.
                Err(error @ BrokerError::Topology(_)) => {
                    tracing::warn!(%queue, %error, "nothing is sent again to this queue");
                    false
                }
                Err(error) => return Err(error.into()),
            };
            let created_at = self.store.queue_created_at(queue.name()).await?;
            let counts = |at: &Timestamp| {
                now >= at.plus(self.config.times.settling) && made_good.get(&queue) != Some(at)
            };
            facts.insert(queue, QueueFacts { empty, created_at: created_at.filter(counts) });
        }
        Ok(facts)
    }

    fn note_made_good(&self, facts: &BTreeMap<Queue, QueueFacts>) {
        let created = facts.iter().filter_map(|(queue, facts)| Some((*queue, facts.created_at?)));
        self.made_good.lock().unwrap_or_else(PoisonError::into_inner).extend(created);
    }

    async fn keep_scan(
        &self,
        scan: &ScanRecord,
        leader: &LockGuard,
        facts: &BTreeMap<Queue, QueueFacts>,
        round: &mut Round,
    ) -> Result<(), KeeperError> {
        if scan.state.is_final() {
            if scan.state == ScanState::Cancelled && self.results_to_come(scan, leader, facts, round).await? {
                return Ok(());
            }
            self.announce(scan).await?;
            round.announced += 1;
            return Ok(());
        }
        let claimed = self.store.top_up(&scan.id, leader).await?;
        crashpoint("keeper.after-top-up");
        round.topped_up += claimed.len();
        self.release(&claimed).await?;
        let mut after = None;
        loop {
            let page = self.store.open_jobs(&scan.id, after.as_ref(), PAGE).await?;
            let Some(last) = page.last().map(|job| job.id.clone()) else { return Ok(()) };
            self.keep_jobs(&page, leader, facts, round).await?;
            after = Some(last);
        }
    }

    /// Whether a cancelled scan still has results on their way into the lifecycle, or somebody who may store one: it stays
    /// unsettled until then, so that none is forgotten. Nothing else of it is kept.
    async fn results_to_come(
        &self,
        scan: &ScanRecord,
        leader: &LockGuard,
        facts: &BTreeMap<Queue, QueueFacts>,
        round: &mut Round,
    ) -> Result<bool, KeeperError> {
        let (mut after, mut any) = (None, false);
        loop {
            let mut page = self.store.open_jobs(&scan.id, after.as_ref(), PAGE).await?;
            let Some(last) = page.last().map(|job| job.id.clone()) else { return Ok(any) };
            let now = self.store.now().await?;
            let runs = |job: &JobRecord| job.fence.as_ref().is_some_and(|fence| fence.until > now);
            any |= page.iter().any(|job| job.state == JobState::Stored || runs(job));
            page.retain(|job| job.state == JobState::Stored);
            self.keep_jobs(&page, leader, facts, round).await?;
            after = Some(last);
        }
    }

    async fn keep_jobs(
        &self,
        jobs: &[JobRecord],
        leader: &LockGuard,
        facts: &BTreeMap<Queue, QueueFacts>,
        round: &mut Round,
    ) -> Result<(), KeeperError> {
        let now = self.store.now().await?;
        let unknown = QueueFacts { empty: false, created_at: None };
        let fact = |queue| facts.get(&queue).copied().unwrap_or(unknown);
        let mut again = Vec::new();
        let mut events = Vec::new();
        for job in jobs {
            self.oldest().see(job);
            let work = fact(Queue::of_lane(job.lane));
            match decide(job, now, work, fact(Queue::Results), self.config.times) {
                Need::Nothing => {}
                Need::Publish => again.push(job.message()),
                Need::ResendResult => events.extend(result_again(job, now)),
                Need::Expire => round.expired += usize::from(self.expire(job, leader).await?),
            }
        }
        round.republished += again.len();
        round.resent += events.len();
        self.release(&again).await?;
        if !events.is_empty() {
            self.broker.publish(events).await?;
            crashpoint("keeper.after-resend");
        }
        Ok(())
    }

    async fn release(&self, jobs: &[JobMessage]) -> Result<(), KeeperError> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.broker.publish(jobs.iter().map(Outgoing::job).collect()).await?;
        crashpoint("keeper.after-publish");
        let ids: Vec<_> = jobs.iter().map(|job| job.job.clone()).collect();
        self.store.mark_published(&ids).await?;
        Ok(())
    }

    async fn expire(&self, job: &JobRecord, leader: &LockGuard) -> Result<bool, KeeperError> {
        let reason = EndReason::NotAssessed(NotAssessed::Expired);
        let ended = self.store.end_job(&job.id, &reason, Some(leader)).await?;
        crashpoint("keeper.after-expire");
        let JobEnded::Ended(claimed, _) = ended else { return Ok(false) };
        self.release(&claimed).await?;
        Ok(true)
    }

    async fn announce(&self, scan: &ScanRecord) -> Result<(), KeeperError> {
        self.broker.publish(vec![Outgoing::event(&scan.finished_event(), false)]).await?;
        crashpoint("keeper.after-announce");
        if let Some(finished) = scan.finished_at {
            metrics::scan_over(scan.state.as_str(), finished.since(scan.created_at));
        }
        self.store.mark_announced(&scan.id).await?;
        Ok(())
    }
}

/// `None` is a round that was cut short.
fn count(round: Option<&Round>) {
    metrics::keeper_round(round.map(|round| round.led));
    if let Some(round) = round {
        metrics::keeper_mended("jobs released", round.topped_up);
        metrics::keeper_mended("jobs sent again", round.republished);
        metrics::keeper_mended("results sent again", round.resent);
        metrics::keeper_mended("jobs expired", round.expired);
        metrics::keeper_mended("ends announced", round.announced);
    }
}

/// The hint that a result waits. Its counts are left out: whoever wants them reads the store.
pub(crate) fn result_again(job: &JobRecord, now: Timestamp) -> Option<Outgoing> {
    Some(Outgoing::event(&job.stored_event(BTreeMap::new(), now)?, true))
}

/// The lane of a queue that carries jobs.
#[must_use]
pub(crate) fn lane_of(queue: &str) -> Option<Lane> {
    match Queue::from_name(queue)? {
        Queue::ScanInteractive => Some(Lane::Interactive),
        Queue::ScanBulk => Some(Lane::Bulk),
        Queue::Results | Queue::Requests | Queue::Dead => None,
    }
}

//! The schedules of a process: told to the store, and, as long as this process leads, fired.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use checkmate_domain::{ScheduleName, Timestamp};
use checkmate_queue::Broker;
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::{Backoff, Stop};
use checkmate_store::schedules::{Put, ScheduleRecord, ScheduleState};
use checkmate_store::{JobRecord, LockAttempt, LockGuard, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::announce::announced;
use super::clock::{Clock, StoreClock};
use super::entry::{Entry, Worked};
use super::spec::ScheduleSpec;
use crate::plan::send;

/// The lock that makes one process the leader.
pub const LOCK: &str = "schedules";
/// Between two notes of the names that this process has configured.
const NAME_EVERY: Duration = Duration::from_mins(1);
/// A process that did not note its names for so long is gone.
const NAMED_FOR: Duration = Duration::from_mins(3);
/// Schedules worked on at a time.
const AT_A_TIME: usize = 64;
/// Batches of first jobs on their way to the broker; what is beyond is left to the keeper.
const SENDING: usize = 8;
/// The shortest and the longest wait before a store that is away is asked again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// For what is on its way when the process ends.
const LAST_SENDS: Duration = Duration::from_secs(5);

/// The schedules of a configuration.
pub type Specs = Arc<BTreeMap<ScheduleName, ScheduleSpec>>;

/// What firing needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This process start, for the lock.
    pub owner: String,
    /// How long leadership holds without renewal.
    pub lock_ttl: Duration,
    /// Jobs of one scan released at a time.
    pub window: u32,
    /// For one attempt of a job.
    pub time_limit: Duration,
    /// From its release to the end of a job.
    pub expires_after: Duration,
}

/// Fires schedules.
pub struct Schedules {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
    specs: watch::Receiver<Specs>,
    own: Own,
    led: Option<Led>,
    sending: JoinSet<()>,
    unsent: Arc<AtomicBool>,
}

/// What this process has configured.
#[derive(Default)]
struct Own {
    specs: Specs,
    /// When it was loaded; `None` before the first look.
    loaded: Option<Timestamp>,
    /// When it is told again.
    tell_at: Timestamp,
    /// Whether it was told before, with no error since.
    told: bool,
}

/// What a leader has in hand.
struct Led {
    guard: LockGuard,
    renew_at: Timestamp,
    changes: u64,
    entries: BTreeMap<ScheduleName, Entry>,
}

impl Schedules {
    /// Over these parts, by the store's clock. `specs` may change at any time.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        broker: Arc<dyn Broker>,
        specs: watch::Receiver<Specs>,
        settings: Settings,
    ) -> Self {
        let clock = Arc::new(StoreClock::new(store.clone()));
        Self::with_clock(store, broker, specs, settings, clock)
    }

    /// By another clock.
    #[must_use]
    pub fn with_clock(
        store: Arc<dyn Store>,
        broker: Arc<dyn Broker>,
        specs: watch::Receiver<Specs>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            broker,
            clock,
            settings: Arc::new(settings),
            specs,
            own: Own::default(),
            led: None,
            sending: JoinSet::new(),
            unsent: Arc::default(),
        }
    }

    /// Fires until told to stop, then gives leadership back.
    pub async fn run(mut self, stop: &Stop) {
        let mut backoff = Backoff::new(AGAIN.0, AGAIN.1);
        let mut told = None;
        let clock = self.clock.clone();
        while !stop.draining().is_cancelled() {
            let again = match self.turn().await {
                Ok(wake) => {
                    if told.take().is_some() {
                        tracing::info!("schedules are fired again");
                    }
                    backoff.reset();
                    Wait::Until(wake)
                }
                Err(error) => {
                    // An outage is one line, however long it lasts.
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "schedules wait; missed ticks are dealt with as configured");
                        told = Some(why);
                    }
                    Wait::For(backoff.fail())
                }
            };
            // While the store is away, nothing but time helps.
            let reloads = matches!(again, Wait::Until(_));
            let sleep = async {
                match again {
                    Wait::Until(at) => clock.sleep_until(at).await,
                    Wait::For(time) => tokio::time::sleep(time).await,
                }
            };
            tokio::select! {
                () = stop.draining().cancelled() => {}
                () = sleep => {}
                () = changed(&mut self.specs), if reloads => {}
            }
        }
        self.end().await;
    }

    /// Does everything that is due, and says when to come again. After an error, too, just come again.
    ///
    /// # Errors
    /// When the store does not answer; what was done stands.
    pub async fn turn(&mut self) -> Result<Timestamp, StoreError> {
        let turned = self.try_turn().await;
        if turned.is_err() {
            // What was written is not known for certain: begin with what the store says.
            self.led = None;
            self.own.told = false;
        }
        turned
    }

    async fn try_turn(&mut self) -> Result<Timestamp, StoreError> {
        let now = self.clock.now().await?;
        self.tell(now).await?;
        if self.own.specs.is_empty() {
            return Ok(self.own.tell_at);
        }
        if let Some(wait) = self.lead(now).await? {
            return Ok(now.plus(wait).min(self.own.tell_at));
        }
        self.work(now).await?;
        let Some(led) = &self.led else { return Ok(now) };
        let due = led.entries.values().filter_map(|entry| entry.wake).min();
        Ok(due.unwrap_or(led.renew_at).min(led.renew_at).min(self.own.tell_at))
    }

    /// Tells the store what is configured here: when it was loaded, and once a minute.
    async fn tell(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if self.own.loaded.is_none() || self.specs.has_changed().unwrap_or(false) {
            let specs = self.specs.borrow_and_update().clone();
            self.own = Own { specs, loaded: Some(now), tell_at: now, told: false };
            self.led = None;
        }
        if now < self.own.tell_at {
            return Ok(());
        }
        let names: BTreeSet<ScheduleName> = self.own.specs.keys().cloned().collect();
        // Before the names: whoever has announced a schedule by now has named it before.
        let known = self.store.schedules().await?;
        let live = self.store.name_schedules(&self.settings.owner, &names, NAMED_FOR).await?;
        let known: BTreeMap<_, _> = known.into_iter().map(|one| (one.name.clone(), one)).collect();
        for spec in self.own.specs.values() {
            self.announce(spec, known.get(&spec.name).cloned(), now).await?;
        }
        // Where nobody has a schedule nobody leads. By the second time the others have told theirs.
        if self.led.is_some() || (self.own.told && live.is_empty()) {
            for (_, gone) in known.into_iter().filter(|(name, _)| !live.contains(name)) {
                self.note_removed(&gone, now).await?;
            }
        }
        self.own.tell_at = now.plus(NAME_EVERY);
        self.own.told = true;
        Ok(())
    }

    async fn announce(
        &self,
        spec: &ScheduleSpec,
        mut known: Option<ScheduleRecord>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let loaded = self.own.loaded.unwrap_or(now);
        loop {
            let state = known.as_ref().map(|known| &known.state);
            let Some(state) = announced(spec, state, loaded, now) else { return Ok(()) };
            let version = known.as_ref().map_or(0, |known| known.version);
            match self.store.put_schedule(&spec.name, version, &state).await? {
                Put::Done(_) => {
                    tracing::info!(schedule = %spec.name, cron = %spec.timetable.cron(), "schedule announced");
                    return Ok(());
                }
                Put::Moved => known = self.store.schedule(&spec.name).await?,
            }
        }
    }

    /// Whoever moved it meanwhile knows it, so it is looked at again with the next minute.
    async fn note_removed(&self, gone: &ScheduleRecord, now: Timestamp) -> Result<(), StoreError> {
        if gone.state.removed.is_some() {
            return Ok(());
        }
        let state = ScheduleState { removed: Some(now), ..gone.state.clone() };
        if let Put::Done(_) = self.store.put_schedule(&gone.name, gone.version, &state).await? {
            tracing::info!(schedule = %gone.name, "no configuration names this schedule any more");
        }
        Ok(())
    }

    /// Takes or keeps leadership; says how long to wait when another process leads.
    async fn lead(&mut self, now: Timestamp) -> Result<Option<Duration>, StoreError> {
        if self.led.as_ref().is_some_and(|led| now < led.renew_at) {
            return Ok(None);
        }
        let guard = match self.store.lock(LOCK, &self.settings.owner, self.settings.lock_ttl).await? {
            LockAttempt::Held(guard) => guard,
            LockAttempt::Other { for_, .. } => {
                self.led = None;
                return Ok(Some(for_.min(self.settings.lock_ttl) + Duration::from_millis(5)));
            }
        };
        let renew_at = now.plus(self.settings.lock_ttl / 3);
        let changes = self.store.schedule_changes().await?;
        match &mut self.led {
            Some(led) if led.guard == guard && led.changes == changes => led.renew_at = renew_at,
            _ => {
                let entries = self.load(now).await?;
                self.led = Some(Led { guard, renew_at, changes, entries });
            }
        }
        Ok(None)
    }

    async fn load(&self, now: Timestamp) -> Result<BTreeMap<ScheduleName, Entry>, StoreError> {
        let records = self.store.schedules().await?.into_iter();
        let own = records.filter_map(|record| {
            let spec = self.own.specs.get(&record.name)?.clone();
            Some((record.name.clone(), Entry::new(spec, record, now)))
        });
        Ok(own.collect())
    }

    /// Works on every schedule that is due, many at a time, and sends what they made in one batch.
    async fn work(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(led) = &mut self.led else { return Ok(()) };
        let due = |entry: &Entry| entry.wake.is_some_and(|wake| wake <= now);
        let names: Vec<ScheduleName> =
            led.entries.iter().filter(|(_, entry)| due(entry)).map(|(name, _)| name.clone()).collect();
        let mut waiting = names.into_iter();
        let mut working = JoinSet::new();
        let (mut jobs, mut lost, mut failed) = (Vec::new(), false, None);
        loop {
            while working.len() < AT_A_TIME
                && let Some(name) = waiting.next()
            {
                let Some(entry) = led.entries.remove(&name) else { continue };
                let (store, settings, guard) = (self.store.clone(), self.settings.clone(), led.guard.clone());
                working.spawn(async move { (name, entry.work(&*store, &guard, &settings, now).await) });
            }
            let Some(worked) = working.join_next().await else { break };
            match worked {
                Ok((name, Ok(Worked { entry, jobs: made, lost: over }))) => {
                    led.entries.insert(name, entry);
                    jobs.extend(made);
                    lost |= over;
                }
                Ok((_, Err(error))) => failed = Some(error),
                Err(error) => failed = Some(StoreError::Unavailable(format!("a schedule's task: {error}"))),
            }
        }
        if !jobs.is_empty() {
            crashpoint("scheduler.after-fire");
        }
        self.send(jobs);
        if lost {
            self.led = None;
        }
        failed.map_or(Ok(()), Err)
    }

    /// Sends first jobs beside the schedules: a broker that is away delays no tick.
    fn send(&mut self, jobs: Vec<JobRecord>) {
        while self.sending.try_join_next().is_some() {}
        if jobs.is_empty() || self.sending.len() >= SENDING {
            return;
        }
        let (store, broker, unsent) = (self.store.clone(), self.broker.clone(), self.unsent.clone());
        self.sending.spawn(async move {
            match send(&*store, &*broker, &jobs, None).await {
                Ok(()) => unsent.store(false, Ordering::Relaxed),
                Err(error) if unsent.swap(true, Ordering::Relaxed) => {
                    tracing::debug!(%error, "first jobs were not sent; the keeper sends them");
                }
                Err(error) => {
                    tracing::warn!(%error, "first jobs of scans were not sent; the keeper sends them when it can");
                }
            }
        });
    }

    async fn end(mut self) {
        let sent = async { while self.sending.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_SENDS, sent).await.is_err() {
            self.sending.shutdown().await;
        }
        if let Some(led) = self.led {
            let _ = self.store.unlock(&led.guard).await;
        }
    }
}

enum Wait {
    Until(Timestamp),
    For(Duration),
}

/// Answers when the configuration changed; never when nobody can change it any more.
async fn changed(specs: &mut watch::Receiver<Specs>) {
    // Seen by the next turn, which takes it.
    if specs.has_changed().is_err() || specs.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    specs.mark_changed();
}

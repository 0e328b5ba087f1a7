//! Whether a process is alive and whether it is ready, kept by those who know and read from another thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the event loop shows that it turns.
pub const BEAT: Duration = Duration::from_millis(250);
/// An event loop that has not turned for so long is stuck.
pub const STUCK_AFTER: Duration = Duration::from_secs(10);

/// What must be well before a process is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The start: files, connections, roles.
    Start,
    /// The store answers.
    Store,
    /// The broker takes messages.
    Broker,
    /// Every queue of ours is subscribed to.
    Consumers,
    /// New work is taken.
    Intake,
}

impl Part {
    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Store => "store",
            Self::Broker => "broker",
            Self::Consumers => "consumers",
            Self::Intake => "intake",
        }
    }
}

/// One latch for each part: well, or why not.
#[derive(Debug)]
pub struct Readiness(Mutex<BTreeMap<Part, String>>);

impl Default for Readiness {
    /// Not ready before somebody says that the start is over.
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::from([(Part::Start, "the process is starting".to_owned())])))
    }
}

impl Readiness {
    /// Says how a part is.
    pub fn set(&self, part: Part, state: Result<(), String>) {
        let mut reasons = lock(&self.0);
        match state {
            Ok(()) => reasons.remove(&part),
            Err(why) => reasons.insert(part, why),
        };
    }

    /// Why the process is not ready; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<(Part, String)> {
        lock(&self.0).iter().map(|(part, why)| (*part, why.clone())).collect()
    }
}

type Look = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// What the health pages answer from.
pub struct Health {
    /// What must be well before the process is ready.
    pub readiness: Readiness,
    born: Instant,
    beat_ms: AtomicU64,
    alive: Mutex<Vec<Look>>,
    attached: Mutex<Vec<Look>>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            readiness: Readiness::default(),
            born: Instant::now(),
            beat_ms: AtomicU64::new(0),
            alive: Mutex::default(),
            attached: Mutex::default(),
        }
    }
}

impl Health {
    /// Has somebody looked after: `alive` tells what only a restart mends, `attached` what keeps it from its work.
    pub fn watch(
        &self,
        alive: impl Fn() -> Option<String> + Send + Sync + 'static,
        attached: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) {
        lock(&self.alive).push(Box::new(alive));
        lock(&self.attached).push(Box::new(attached));
    }

    /// What keeps those who are watched from their work.
    #[must_use]
    pub fn detached(&self) -> Option<String> {
        lock(&self.attached).iter().find_map(|look| look())
    }

    /// Shows that the event loop turns, until it is dropped.
    pub async fn beat(&self) {
        loop {
            let ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.beat_ms.store(ms, Ordering::Relaxed);
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Why the process should be started again; empty when it is alive.
    #[must_use]
    pub fn trouble(&self) -> Vec<String> {
        let last = Duration::from_millis(self.beat_ms.load(Ordering::Relaxed));
        let still = self.born.elapsed().saturating_sub(last);
        let stuck = (still > STUCK_AFTER).then(|| {
            let seconds = still.as_secs();
            format!("the event loop has not turned for {seconds} s: something blocks its thread; restart the process")
        });
        stuck.into_iter().chain(lock(&self.alive).iter().filter_map(|look| look())).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_nothing_is_against_it() {
        let health = Health::default();
        assert_eq!(health.readiness.reasons()[0].0, Part::Start);
        health.readiness.set(Part::Start, Ok(()));
        assert!(health.readiness.reasons().is_empty());
        health.readiness.set(Part::Broker, Err("away".to_owned()));
        health.readiness.set(Part::Store, Err("gone".to_owned()));
        health.readiness.set(Part::Store, Err("gone longer".to_owned()));
        let told = [(Part::Store, "gone longer".to_owned()), (Part::Broker, "away".to_owned())];
        assert_eq!(health.readiness.reasons(), told);
        health.readiness.set(Part::Broker, Ok(()));
        assert_eq!(health.readiness.reasons().len(), 1);
    }

    #[test]
    fn what_only_a_restart_mends_is_told_apart() {
        let health = Health::default();
        health.watch(|| Some("stuck".to_owned()), || None);
        health.watch(|| None, || Some("not subscribed".to_owned()));
        assert_eq!(health.trouble(), ["stuck"]);
        assert_eq!(health.detached().as_deref(), Some("not subscribed"));
    }
}

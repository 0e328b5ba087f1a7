//! Whether the loop is alive, for a health page on another thread, and which jobs it has in hand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::running::Running;
use crate::names::Queue;

/// Shared by the loop and whoever asks. The loop turns at least every few seconds, work or not.
pub struct Liveness {
    born: Instant,
    turned_ms: AtomicU64,
    last: AtomicU64,
    jobs: Mutex<BTreeMap<u64, Arc<Running>>>,
    /// Fires when there is a job where there was none.
    first: Notify,
    down: Mutex<BTreeMap<Queue, Down>>,
}

/// A queue that is not consumed at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Down {
    /// Since when.
    pub since: Instant,
    /// The reason known last.
    pub why: String,
}

/// A job in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningJob {
    /// The message's id.
    pub id: String,
    /// Where it came from.
    pub queue: Queue,
    /// How long it has been running.
    pub ran: Duration,
    /// By how much it is past its deadline.
    pub overdue: Duration,
}

impl Liveness {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            born: Instant::now(),
            turned_ms: AtomicU64::new(0),
            last: AtomicU64::new(0),
            jobs: Mutex::default(),
            first: Notify::new(),
            down: Mutex::default(),
        })
    }

    /// How long ago the loop last turned.
    #[must_use]
    pub fn since_last_turn(&self) -> Duration {
        let turned = Duration::from_millis(self.turned_ms.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(turned)
    }

    /// The queues that should be consumed and are not.
    #[must_use]
    pub fn down(&self) -> BTreeMap<Queue, Down> {
        lock(&self.down).clone()
    }

    /// The jobs in hand, longest first.
    #[must_use]
    pub fn running(&self) -> Vec<RunningJob> {
        let mut jobs: Vec<_> = lock(&self.jobs).values().map(|job| job.show()).collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.ran));
        jobs
    }

    /// The job that is furthest past its deadline. Jobs end within their grace: one far past it blocks its thread.
    #[must_use]
    pub fn most_overdue(&self) -> Option<RunningJob> {
        let jobs = lock(&self.jobs);
        let overdue = jobs.values().map(|job| job.show()).filter(|job| job.overdue > Duration::ZERO);
        overdue.max_by_key(|job| job.overdue)
    }

    /// What is wrong for longer than `patience`, for a person.
    #[must_use]
    pub fn trouble(&self, patience: Duration) -> Option<String> {
        self.stuck(patience).or_else(|| self.detached(patience))
    }

    /// What has been wrong for longer than `patience` and is mended by nothing but a restart.
    #[must_use]
    pub fn stuck(&self, patience: Duration) -> Option<String> {
        let silent = self.since_last_turn();
        if silent > patience {
            return Some(format!("the consumer loop has not turned for {} s: restart it", silent.as_secs()));
        }
        if let Some(job) = self.most_overdue().filter(|job| job.overdue > patience) {
            let RunningJob { id, queue, overdue, .. } = job;
            return Some(format!(
                "job {id} of {queue} is {} s past its deadline and cannot be stopped: restart the process",
                overdue.as_secs()
            ));
        }
        None
    }

    /// The queue that has not been consumed for longer than `patience`, and why.
    #[must_use]
    pub fn detached(&self, patience: Duration) -> Option<String> {
        let down = self.down();
        let (queue, down) = down.iter().find(|(_, down)| down.since.elapsed() > patience)?;
        Some(format!("{queue} is not consumed since {} s: {}", down.since.elapsed().as_secs(), down.why))
    }

    pub(super) fn turn(&self) {
        let ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.turned_ms.store(ms, Ordering::Relaxed);
    }

    pub(super) fn went_down(&self, queue: Queue, why: String) {
        let mut down = lock(&self.down);
        let since = down.get(&queue).map_or_else(Instant::now, |down| down.since);
        down.insert(queue, Down { since, why });
    }

    pub(super) fn came_up(&self, queue: Queue) {
        lock(&self.down).remove(&queue);
    }

    /// Shows every job in hand.
    pub(super) fn each(&self, show: impl FnMut(&Running)) {
        lock(&self.jobs).values().map(AsRef::as_ref).for_each(show);
    }

    /// Fires when there is a job where there was none. For one listener.
    pub(super) async fn begun(&self) {
        self.first.notified().await;
    }

    /// Notes a job until the guard is dropped.
    pub(super) fn note(self: &Arc<Self>, running: Arc<Running>) -> Noted {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let first = {
            let mut jobs = lock(&self.jobs);
            jobs.insert(number, running);
            jobs.len() == 1
        };
        if first {
            self.first.notify_one();
        }
        Noted { liveness: Arc::clone(self), number }
    }
}

/// A job on the list.
pub(super) struct Noted {
    liveness: Arc<Liveness>,
    number: u64,
}

impl Drop for Noted {
    fn drop(&mut self) {
        lock(&self.liveness.jobs).remove(&self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! How often something may be done in a while.

use std::collections::VecDeque;
use std::time::Duration;

use checkmate_domain::Timestamp;

/// What was done in the last while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window(VecDeque<Timestamp>);

impl Window {
    /// How long to wait before one more may be done; zero when it may be done now.
    pub(crate) fn wait(&mut self, now: Timestamp, most: usize, per: Duration) -> Duration {
        while self.0.front().is_some_and(|first| now.since(*first) >= per) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(first) if self.0.len() >= most => per.saturating_sub(now.since(*first)),
            _ => Duration::ZERO,
        }
    }

    /// One more is done.
    pub(crate) fn done(&mut self, now: Timestamp) {
        self.0.push_back(now);
    }

    /// How many more may be done now.
    pub(crate) fn left(&self, most: usize) -> usize {
        most.saturating_sub(self.0.len())
    }
}

/// A wait as a vendor writes it: whole seconds, at least one.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
}

//! What a worker needs to know.

use std::collections::BTreeSet;
use std::time::Duration;

use checkmate_domain::WorkerId;
use checkmate_service::backoff;
use checkmate_store::Limits;

/// What a worker needs to know.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// This process start; never used twice.
    pub id: WorkerId,
    /// Broker users whose jobs are run; `None` where the broker validates no users.
    pub publishers: Option<BTreeSet<String>>,
    /// How long a fence holds without a heartbeat; a killed worker's job waits so long.
    pub fence_ttl: Duration,
    /// The longest an attempt may take, whatever its job says.
    pub time_limit: Duration,
    /// Attempts in error before a job ends as not assessed.
    pub max_failures: u32,
    /// Deaths of the process with others beside it after which the job runs only alone. Not 1: a machine that is taken away
    /// makes a suspect of everything in hand, and suspects run one after the other.
    pub max_crashes: u32,
    /// Deaths alone in the process before a job ends as not assessed.
    pub max_crashes_alone: u32,
    /// How many attempts may run at a time for one target and one organisation, in all workers together.
    pub limits: Limits,
    /// Wait after the first failure; doubles with each.
    pub retry_first: Duration,
    /// The longest wait after a failure.
    pub retry_most: Duration,
    /// Before a job whose store or broker cannot be reached is tried again.
    pub outage_wait: Duration,
    /// How long an attempt that was told to stop may take to end; less than the grace of the consumer loop, so that its end
    /// can still be written down.
    pub stop_within: Duration,
}

impl WorkerConfig {
    /// The defaults, for a process of this name.
    #[must_use]
    pub fn new(id: WorkerId) -> Self {
        Self {
            id,
            publishers: None,
            fence_ttl: Duration::from_secs(30),
            time_limit: Duration::from_mins(15),
            max_failures: 5,
            max_crashes: 2,
            max_crashes_alone: 3,
            limits: Limits::default(),
            retry_first: Duration::from_secs(10),
            retry_most: Duration::from_mins(30),
            outage_wait: Duration::from_secs(1),
            stop_within: Duration::from_secs(5),
        }
    }

    /// How long to wait after so many failures.
    #[must_use]
    pub fn retry_after(&self, failures: u32) -> Duration {
        backoff::step(self.retry_first, self.retry_most, failures.saturating_sub(1))
    }
}

//! What waits and for how long, as the leading keeper sees it on its rounds.

use std::collections::BTreeMap;

use checkmate_domain::Timestamp;
use checkmate_queue::{Broker, Queue};
use checkmate_service::metrics;
use checkmate_store::{JobRecord, JobState};

/// Queues whose work is known one by one from the store.
const KNOWN: [Queue; 3] = [Queue::ScanInteractive, Queue::ScanBulk, Queue::Results];

/// Since when the oldest work of each queue waits.
#[derive(Debug, Default)]
pub(super) struct Oldest(BTreeMap<Queue, Timestamp>);

impl Oldest {
    /// Takes a job into account.
    pub(super) fn see(&mut self, job: &JobRecord) {
        let Some((queue, since)) = waits(job) else { return };
        let oldest = self.0.entry(queue).or_insert(since);
        *oldest = since.min(*oldest);
    }

    /// Shows the ages at a time.
    pub(super) fn show(&self, now: Timestamp) {
        for queue in KNOWN {
            let age = self.0.get(&queue).map(|since| now.since(*since)).unwrap_or_default();
            metrics::oldest_message(queue.name(), age);
        }
    }
}

/// On which queue a job or its result waits, and since when. A job whose attempt was given back waits from the time it was
/// put off to.
fn waits(job: &JobRecord) -> Option<(Queue, Timestamp)> {
    match job.state {
        JobState::Published => {
            let since = job.published_at.unwrap_or(job.released_at).max(job.not_before);
            Some((Queue::of_lane(job.lane), since))
        }
        JobState::Stored => Some((Queue::Results, job.stored_at?)),
        _ => None,
    }
}

/// Shows how long the queues are that no round looks at otherwise. One that is not there is not shown.
pub(super) async fn show_others(broker: &dyn Broker) {
    for queue in [Queue::Requests, Queue::Dead] {
        if let Ok(depth) = broker.depth(queue).await {
            metrics::queue_depth(queue.name(), depth.ready, depth.unacked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::decide::tests::job;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn waiting_counts_from_when_it_could_be_taken() {
        let published =
            JobRecord { published_at: Some(at(500)), not_before: at(100), ..job(JobState::Published) };
        let put_off = JobRecord { not_before: at(900), ..published.clone() };
        let running = JobRecord { state: JobState::Running, ..published.clone() };
        let stored = JobRecord { state: JobState::Stored, stored_at: Some(at(700)), ..published.clone() };
        let lane = Queue::of_lane(published.lane);
        assert_eq!(waits(&published), Some((lane, at(500))));
        assert_eq!(waits(&put_off), Some((lane, at(900))));
        assert_eq!(waits(&running), None);
        assert_eq!(waits(&stored), Some((Queue::Results, at(700))));
    }

    #[test]
    fn the_oldest_stands() {
        let published = |millis| JobRecord { published_at: Some(at(millis)), ..job(JobState::Published) };
        let mut oldest = Oldest::default();
        for millis in [700, 300, 500] {
            oldest.see(&published(millis));
        }
        assert_eq!(oldest.0, BTreeMap::from([(Queue::of_lane(published(0).lane), at(300))]));
    }
}

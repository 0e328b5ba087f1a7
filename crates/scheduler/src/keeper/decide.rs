//! What one released job needs, as a pure function of its record and what is known of its queue.

use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_store::{JobRecord, JobState};

/// What to do for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It is on its way.
    Nothing,
    /// Its message may not exist: send it.
    Publish,
    /// The event about its result may not exist: send it.
    ResendResult,
    /// It is past `expires_at`: end it.
    Expire,
}

/// What is known of the queue a message would be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFacts {
    /// Nothing ready and nothing leased, for certain.
    pub empty: bool,
    /// When it was last found missing and made anew: what had been confirmed before is gone.
    pub created_at: Option<Timestamp>,
}

/// How long things may take before they count as stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From recording a job to noting its confirm.
    pub unconfirmed: Duration,
    /// From a confirm, the end of a fence or of a delay to looking at the queue: a message may be between two queues.
    pub settling: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { unconfirmed: Duration::from_secs(10), settling: Duration::from_secs(15) }
    }
}

/// What a job needs now. `work` is the queue of its lane, `results` the one for result events.
#[must_use]
pub fn decide(job: &JobRecord, now: Timestamp, work: QueueFacts, results: QueueFacts, times: Times) -> Need {
    let held = job.fence.as_ref().is_some_and(|fence| fence.until > now);
    match job.state {
        JobState::Reconciled | JobState::Ended | JobState::Parked | JobState::Waiting => Need::Nothing,
        JobState::Stored => {
            let since = job.stored_at.unwrap_or(job.released_at);
            if lost(since, now, results, times) { Need::ResendResult } else { Need::Nothing }
        }
        JobState::Recorded | JobState::Published | JobState::Running if held => Need::Nothing,
        JobState::Recorded | JobState::Published | JobState::Running if job.expires_at <= now => Need::Expire,
        JobState::Recorded if now.since(job.released_at) >= times.unconfirmed => Need::Publish,
        JobState::Recorded => Need::Nothing,
        JobState::Published | JobState::Running => {
            let fence_end = job.fence.as_ref().map_or(job.released_at, |fence| fence.until);
            let since = job.published_at.unwrap_or(job.released_at).max(job.not_before).max(fence_end);
            if lost(since, now, work, times) { Need::Publish } else { Need::Nothing }
        }
    }
}

/// Whether a message that was confirmed by `since` cannot be on its queue any more.
fn lost(since: Timestamp, now: Timestamp, queue: QueueFacts, times: Times) -> bool {
    let settled = now >= since.plus(times.settling);
    settled && (queue.empty || queue.created_at.is_some_and(|created| created >= since))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use checkmate_domain::{JobId, JobKind, Lane, ScanId, WorkerId};
    use checkmate_store::FenceInfo;

    const BUSY: QueueFacts = QueueFacts { empty: false, created_at: None };
    const EMPTY: QueueFacts = QueueFacts { empty: true, created_at: None };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn remade(seconds: i64) -> QueueFacts {
        QueueFacts { empty: false, created_at: Some(at(seconds)) }
    }

    pub(in crate::keeper) fn job(state: JobState) -> JobRecord {
        JobRecord {
            id: JobId::new("j").unwrap(),
            scan: ScanId::new("s").unwrap(),
            kind: JobKind::Scan,
            scope: "export:a".parse().unwrap(),
            spec: None,
            lane: Lane::Bulk,
            state,
            time_limit_ms: 1,
            released_at: at(0),
            expires_at: at(1_000),
            not_before: at(0),
            published_at: None,
            attempt: 0,
            failures: 0,
            crashes: 0,
            crashes_alone: 0,
            last_error: None,
            waits_for: None,
            fence: None,
            seq: 0,
            stored_at: None,
            end: None,
        }
    }

    fn fenced(state: JobState, until: i64) -> JobRecord {
        let fence =
            FenceInfo { token: 1, holder: WorkerId::new("w").unwrap(), since: at(0), until: at(until) };
        JobRecord { fence: Some(fence), ..job(state) }
    }

    #[test]
    fn each_case() {
        use JobState::{Ended, Parked, Published, Reconciled, Recorded, Running, Stored};
        use Need::{Expire, Nothing, Publish, ResendResult};
        let delayed = JobRecord { not_before: at(100), ..job(Published) };
        let resent = JobRecord { published_at: Some(at(50)), ..job(Published) };
        let stored = JobRecord { stored_at: Some(at(30)), ..job(Stored) };
        let cases = [
            ("just recorded", job(Recorded), 5, BUSY, BUSY, Nothing),
            ("recorded, never confirmed", job(Recorded), 10, BUSY, BUSY, Publish),
            ("waits its turn", job(Published), 900, BUSY, BUSY, Nothing),
            ("its queue is empty", job(Published), 15, EMPTY, BUSY, Publish),
            ("may be between two queues", job(Published), 14, EMPTY, BUSY, Nothing),
            ("its queue was made anew", job(Published), 60, remade(50), BUSY, Publish),
            ("sent again since", resent, 70, remade(40), BUSY, Nothing),
            ("in the ladder", delayed.clone(), 110, EMPTY, BUSY, Nothing),
            ("fell off the ladder", delayed, 115, EMPTY, BUSY, Publish),
            ("a worker is at it", fenced(Running, 100), 90, EMPTY, BUSY, Nothing),
            ("a worker is at it past the end", fenced(Running, 2_000), 1_500, EMPTY, BUSY, Nothing),
            ("its worker died just now", fenced(Running, 100), 110, EMPTY, BUSY, Nothing),
            ("its worker died, message still leased", fenced(Running, 100), 500, BUSY, BUSY, Nothing),
            ("its worker died, message gone", fenced(Running, 100), 115, EMPTY, BUSY, Publish),
            ("expired in the queue", job(Published), 1_000, BUSY, BUSY, Expire),
            ("expired unsent", job(Recorded), 1_000, BUSY, BUSY, Expire),
            ("expired while its worker died", fenced(Running, 900), 1_000, BUSY, BUSY, Expire),
            ("result waits its turn", stored.clone(), 5_000, EMPTY, BUSY, Nothing),
            ("result event gone", stored.clone(), 45, BUSY, EMPTY, ResendResult),
            ("result event may be on its way", stored.clone(), 44, BUSY, EMPTY, Nothing),
            ("results queue made anew", stored, 60, BUSY, remade(40), ResendResult),
            ("reconciled", job(Reconciled), 5_000, EMPTY, EMPTY, Nothing),
            ("ended", job(Ended), 5_000, EMPTY, EMPTY, Nothing),
            ("parked", job(Parked), 5_000, EMPTY, EMPTY, Nothing),
        ];
        for (why, job, now, work, results, need) in cases {
            assert_eq!(decide(&job, at(now), work, results, Times::default()), need, "{why}");
        }
    }
}

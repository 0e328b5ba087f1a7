//! How far a scan is, when it may be over, and what each of its targets is doing.

use std::collections::VecDeque;
use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_store::{FenceInfo, JobRecord, JobState, ScanRecord};
use serde::Serialize;

use crate::view::waits::Waiting;
use crate::view::{plain, scans};

/// What is over is counted so far back.
const LATELY: Duration = Duration::from_mins(1);
/// Fewer jobs than this, or in less time, say nothing about the rest.
const ENOUGH: (u64, Duration) = (3, Duration::from_secs(2));
/// Running targets shown on a live terminal.
const LIVE: usize = 8;
/// Reasons shown for which jobs wait.
const REASONS: usize = 3;

/// Jobs of the list that are over: done, or ended without a result.
#[must_use]
pub fn over(scan: &ScanRecord) -> u64 {
    scan.total.saturating_sub(scan.pending)
}

/// The share of the list that is over, in whole per cent; none while there is no list.
#[must_use]
pub fn percent(scan: &ScanRecord) -> Option<u64> {
    (scan.sealed && scan.total > 0).then(|| over(scan) * 100 / scan.total)
}

/// How long the rest takes when it goes on as it went; none when too little is known to say.
#[must_use]
pub fn eta(completed: u64, within: Duration, left: u64) -> Option<Duration> {
    if left == 0 || completed < ENOUGH.0 || within < ENOUGH.1 {
        return None;
    }
    let millis = within.as_millis().checked_mul(u128::from(left))? / u128::from(completed);
    u64::try_from(millis).ok().map(Duration::from_millis)
}

/// In words, not more exact than it is.
#[must_use]
pub fn about(left: Duration) -> String {
    let seconds = left.as_secs();
    match seconds {
        0..90 => format!("about {} s left", seconds.div_ceil(5).max(1) * 5),
        90..5_400 => format!("about {} min left", seconds.div_ceil(60)),
        _ => format!("about {} h left", seconds.div_ceil(3_600)),
    }
}

/// How fast jobs were over in the last minute, from looks at their number.
#[derive(Debug, Default)]
pub struct Rate(VecDeque<(Duration, u64)>);

impl Rate {
    /// Notes how many were over at a time. Times only grow.
    pub fn note(&mut self, at: Duration, over: u64) {
        self.0.push_back((at, over));
        while self.0.get(1).is_some_and(|(second, _)| *second + LATELY <= at) {
            self.0.pop_front();
        }
    }

    /// How long so many more take.
    #[must_use]
    pub fn eta(&self, left: u64) -> Option<Duration> {
        let ((from, before), (to, after)) = (self.0.front()?, self.0.back()?);
        eta(after.saturating_sub(*before), to.saturating_sub(*from), left)
    }
}

/// How long the rest of a scan takes, from when the results of these jobs were stored; all jobs of the scan are needed.
#[must_use]
pub fn eta_of(scan: &ScanRecord, jobs: &[JobRecord], now: Timestamp) -> Option<Duration> {
    let from = now.minus(LATELY).max(scan.created_at);
    let lately = jobs.iter().filter(|job| job.stored_at.is_some_and(|at| at >= from)).count();
    eta(lately as u64, now.since(from), scan.pending)
}

/// Where the job of a target, or of a part of it, stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetLine {
    /// The target; with the part behind it when it is one.
    pub target: String,
    /// `waiting`, `running`, `stored`, `parked`, `done` or `ended`.
    pub state: &'static str,
    /// By whom, since when, or why.
    pub detail: Option<String>,
}

impl TargetLine {
    /// Of a job; none for one without a target.
    #[must_use]
    pub fn new(job: &JobRecord, now: Timestamp) -> Option<Self> {
        let spec = job.spec.as_ref()?;
        let target = match &spec.part {
            None => spec.target.to_string(),
            Some(part) => format!("{} part {}", spec.target, part.id),
        };
        let at = |time: Option<Timestamp>| time.map(|at| format!("at {at}"));
        let (state, detail) = match job.state {
            JobState::Waiting => ("waiting", None),
            JobState::Recorded | JobState::Published => ("waiting", waits(job, now)),
            JobState::Running => running(job, now),
            JobState::Stored => ("stored", at(job.stored_at)),
            JobState::Parked => ("parked", Some("its result waits for 'dead replay'".to_owned())),
            JobState::Reconciled => ("done", at(job.stored_at)),
            JobState::Ended => ("ended", job.end.as_ref().map(ToString::to_string)),
        };
        Some(Self { target, state, detail })
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let detail = self.detail.as_ref().map(|detail| format!("  {}", plain(detail, 90)));
        format!("{:<8} {}{}", self.state, plain(&self.target, 60), detail.unwrap_or_default())
    }
}

/// Why a released job waits, when it waits for more than its turn.
fn waits(job: &JobRecord, now: Timestamp) -> Option<String> {
    let until = (job.not_before > now).then(|| format!("put off until {}", job.not_before));
    let why = match (&job.waits_for, &job.last_error) {
        (Some(why), _) => Some(why.clone()),
        (None, Some(error)) => Some(format!("failed {} times: {error}", job.failures)),
        (None, None) => None,
    };
    match (until, why) {
        (Some(until), Some(why)) => Some(format!("{until}; {why}")),
        (until, why) => until.or(why),
    }
}

fn running(job: &JobRecord, now: Timestamp) -> (&'static str, Option<String>) {
    match job.fence.as_ref().filter(|fence| fence.until > now) {
        Some(FenceInfo { holder, since, .. }) => {
            ("running", Some(format!("since {since}, by {holder}, attempt {}", job.attempt)))
        }
        None => ("waiting", Some("its worker went away; another takes it".to_owned())),
    }
}

/// What a live terminal shows, drawn again in place: the scan on the first line, then what is waited for and what runs.
#[must_use]
pub fn live(scan: &ScanRecord, eta: Option<Duration>, waiting: &[Waiting], running: &[TargetLine]) -> String {
    let mut text = scans::progress(scan, eta);
    for one in waiting.iter().take(REASONS) {
        text.push_str("\n  ");
        text.push_str(&one.text());
    }
    for line in running.iter().take(LIVE) {
        text.push_str("\n  ");
        text.push_str(&line.text());
    }
    if running.len() > LIVE {
        text.push_str(&format!("\n  … and {} more", running.len() - LIVE));
    }
    text
}

/// The same as one line, for where nothing is drawn again.
#[must_use]
pub fn line(scan: &ScanRecord, waiting: &[Waiting]) -> String {
    let mut text = scans::progress(scan, None);
    for one in waiting.iter().take(REASONS) {
        text.push_str("; ");
        text.push_str(&one.text());
    }
    text
}

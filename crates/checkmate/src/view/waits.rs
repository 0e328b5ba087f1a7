//! What released jobs wait for when it is more than their turn: one entry for each reason.

use std::collections::BTreeMap;

use checkmate_domain::Timestamp;
use checkmate_store::{JobRecord, JobState};
use serde::{Deserialize, Serialize};

use crate::view::whole;

/// Jobs that wait for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many.
    pub jobs: u64,
    /// What they wait for.
    pub why: String,
    /// When the first of them is tried again; none when that may be now.
    pub until: Option<Timestamp>,
}

impl Waiting {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} waiting: {}", self.jobs, whole(&self.why))
    }
}

/// What these jobs wait for, the most first.
#[must_use]
pub fn of<'a>(jobs: impl IntoIterator<Item = &'a JobRecord>, now: Timestamp) -> Vec<Waiting> {
    let mut reasons: BTreeMap<&str, (u64, Timestamp)> = BTreeMap::new();
    for job in jobs {
        let Some(why) = reason(job) else { continue };
        let entry = reasons.entry(why).or_insert((0, job.not_before));
        *entry = (entry.0 + 1, entry.1.min(job.not_before));
    }
    let mut all: Vec<Waiting> = reasons
        .into_iter()
        .map(|(why, (jobs, until))| Waiting {
            jobs,
            why: why.to_owned(),
            until: (until > now).then_some(until),
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.jobs));
    all
}

/// Why a released job that nobody runs was not done the last time; none when it has only not had its turn.
#[must_use]
pub fn reason(job: &JobRecord) -> Option<&str> {
    let waits = matches!(job.state, JobState::Recorded | JobState::Published);
    job.waits_for.as_deref().or(job.last_error.as_deref()).filter(|_| waits)
}

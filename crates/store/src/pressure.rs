//! Pressure: lanes that are paused, how many jobs may run for one target or organisation, and which processes are there.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{Lane, TargetId, Timestamp, WorkerId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// How many attempts may run at a time for what they scan; 0 is no limit. Attempts begun under a limit are counted, so every
/// worker is to have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// For one target; the parts of a target count together.
    pub per_target: u32,
    /// For one organisation: see [`organisation`].
    pub per_organisation: u32,
}

impl Limits {
    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.per_target > 0 || self.per_organisation > 0
    }
}

/// How long a job over a limit is put off at first, and later: both are steps of the ladder, so that what the store notes is
/// when the message comes back.
pub(crate) const PUT_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// From its release until a job over a limit is asked less often: many that wait for one target must not keep the broker
/// busy.
pub(crate) const PATIENT_AFTER: Duration = Duration::from_secs(20);

/// How long a job over a limit is put off, that was released so long ago.
pub(crate) fn put_off(released: Duration) -> Duration {
    if released < PATIENT_AFTER { PUT_OFF.0 } else { PUT_OFF.1 }
}

/// The organisation of a target: what stands in front of its name. `acme` of `github:acme/api`, the host of an `auth0:`
/// target, the name of an export.
#[must_use]
pub fn organisation(target: &TargetId) -> &str {
    let text = target.as_str();
    let name = text.split_once(':').map_or(text, |(_, name)| name);
    name.split_once('/').map_or(name, |(owner, _)| owner)
}

/// A lane that is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanePause {
    /// Which lane.
    pub lane: Lane,
    /// Who paused it.
    pub who: String,
    /// Since when.
    pub at: Timestamp,
    /// Why, in the words of who did it.
    pub why: Option<String>,
}

/// A process that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Its id.
    pub process: WorkerId,
    /// What it does.
    pub roles: Vec<String>,
    /// Which lanes it takes jobs from.
    pub lanes: Vec<Lane>,
    /// Its release.
    pub version: String,
    /// When it started.
    pub since: Timestamp,
    /// When it last said that it is there.
    pub seen: Timestamp,
    /// Jobs and results it has in hand.
    pub in_hand: u64,
    /// Whether it takes nothing more and ends when it has finished what is in hand.
    pub draining: bool,
}

/// What is wished of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Lanes of which it is to take nothing.
    pub paused: Vec<LanePause>,
    /// Whether it is to finish what is in hand and end.
    pub drain: bool,
}

/// The part of the store that keeps pressure down. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait PressureStore: Send + Sync {
    /// Pauses a lane; the pause that stands then: an earlier one stays.
    async fn pause_lane(&self, pause: &LanePause) -> Result<LanePause>;
    /// Lets a lane go on; the pause that stood, if one did.
    async fn resume_lane(&self, lane: Lane) -> Result<Option<LanePause>>;
    /// What is wished of a process, in one cheap call. Also for one that was never there: lanes are paused for all.
    async fn wishes(&self, process: &WorkerId) -> Result<Wishes>;
    /// Notes that a process is there, for so long.
    async fn note_presence(&self, presence: &Presence, ttl: Duration) -> Result<()>;
    /// Notes that a process has ended.
    async fn leave(&self, process: &WorkerId) -> Result<()>;
    /// The processes that are there, by id.
    async fn processes(&self) -> Result<Vec<Presence>>;
    /// Wishes that a process drains; false when no such process is there.
    async fn ask_to_drain(&self, process: &WorkerId) -> Result<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisation_stands_in_front_of_the_name() {
        let cases = [
            ("github:acme/api", "acme"),
            ("github:acme", "acme"),
            ("auth0:acme.eu.auth0.com", "acme.eu.auth0.com"),
            ("export:folder", "folder"),
            ("export:folder/tenant-001", "folder"),
            ("nothing in front", "nothing in front"),
        ];
        for (target, expected) in cases {
            assert_eq!(organisation(&TargetId::new(target).unwrap()), expected, "{target}");
        }
    }

    #[test]
    fn who_waits_long_is_asked_less_often() {
        assert_eq!(put_off(Duration::ZERO), Duration::from_secs(1));
        assert_eq!(put_off(Duration::from_millis(19_999)), Duration::from_secs(1));
        assert_eq!(put_off(Duration::from_secs(20)), Duration::from_secs(10));
    }
}

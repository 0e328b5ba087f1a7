//! A zone as what it is for a schedule: stretches of time, each with one offset.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// No zone is further from UTC, in seconds.
const FURTHEST: i64 = 26 * 3600;

/// A stretch of time in which a zone keeps one offset. Seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its first second; of the first stretch of a zone, the beginning of time.
    pub(super) start: i64,
    /// The second after its last; of the last one, the end of time.
    pub(super) end: i64,
    /// What to add to have the wall clock.
    pub(super) offset: i64,
}

impl Stretch {
    /// The stretch that holds a second; none outside of the years -9999 to 9999.
    pub(super) fn with(zone: &TimeZone, second: i64) -> Option<Self> {
        let at = Timestamp::from_second(second).ok()?;
        Some(Self {
            start: changed_before(zone, second + 1).unwrap_or(Timestamp::MIN.as_second()),
            end: changed_after(zone, at).unwrap_or(Timestamp::MAX.as_second() + 1),
            offset: i64::from(zone.to_offset(at).seconds()),
        })
    }

    /// The instant within this stretch at which the wall clock shows a time; its start, if it was skipped before.
    pub(super) fn instant(&self, wall: i64) -> i64 {
        (wall - self.offset).max(self.start)
    }

    /// How far the wall clock had come, ever, when this stretch began: from here on, what it shows is new. Below the wall
    /// clock at `start` after a gap, above it after the clocks went back.
    pub(super) fn reached(&self, zone: &TimeZone) -> i64 {
        let mut reached = None;
        let mut end = self.start;
        // Usually one stretch back; more when a zone changed its mind within two days.
        while self.start - end < 2 * FURTHEST {
            let Ok(last) = Timestamp::from_second(end - 1) else { break };
            reached = reached.max(Some(end + i64::from(zone.to_offset(last).seconds())));
            let Some(change) = changed_before(zone, end) else { break };
            end = change;
        }
        reached.unwrap_or(self.start + self.offset)
    }
}

fn changed_after(zone: &TimeZone, at: Timestamp) -> Option<i64> {
    zone.following(at).next().map(|change| change.timestamp().as_second())
}

/// The last change of a zone before a second.
fn changed_before(zone: &TimeZone, second: i64) -> Option<i64> {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    zone.preceding(at).next().map(|change| change.timestamp().as_second())
}

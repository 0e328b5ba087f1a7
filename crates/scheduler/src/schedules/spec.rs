//! One configured schedule.

use std::time::Duration;

use checkmate_domain::{Lane, Missed, Overlap, ScheduleName, Scope};

use crate::cron::Timetable;

/// A named cron expression in a time zone, and the scope that it scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleSpec {
    /// Its name in the configuration.
    pub name: ScheduleName,
    /// When.
    pub timetable: Timetable,
    /// What.
    pub scope: Scope,
    /// In which lane its scans wait.
    pub lane: Lane,
    /// What a tick does while the scan of an earlier one is running.
    pub overlap: Overlap,
    /// What happens to ticks that were missed.
    pub missed: Missed,
    /// Ticks older than this are never made up for, only noted.
    pub window: Duration,
    /// Scans of a tick start up to this much later, each schedule and tick by a fixed share of it.
    pub jitter: Duration,
}

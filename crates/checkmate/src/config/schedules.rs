//! The keys of one schedule.

use std::time::Duration;

use checkmate_domain::{Lane, Missed, Overlap, ScheduleName, Scope};
use checkmate_scheduler::cron::{CronExpr, Timetable};
use checkmate_scheduler::schedules::ScheduleSpec;
use jiff::tz::TimeZone;

use super::key::{Key, key};
use super::kind::Kind;
use super::span::Span;

/// A schedule as it is read, key by key.
pub(super) struct Draft {
    cron: Option<CronExpr>,
    timezone: TimeZone,
    scope: Option<Scope>,
    lane: Lane,
    overlap: Overlap,
    missed: Missed,
    missed_window: Span,
    jitter: Span,
}

/// What stands in `[schedules.NAME]`.
pub(super) static KEYS: [Key<Draft>; 8] = [
    key!(Draft; "cron", "When: `minute hour day-of-month month weekday`, with seconds in front if need be.", Kind::Cron, "30 2 * * mon-fri", cron),
    key!(Draft; "timezone", "In which time zone that is meant: a name of the IANA list.", Kind::Zone, "Europe/Berlin", timezone),
    key!(Draft; "scope", "What to scan.", Kind::Scope, "export:acme", scope),
    key!(Draft; "lane", "In which lane its scans wait.", Kind::Word(&["bulk", "interactive"]), "bulk", lane),
    key!(Draft; "overlap", "What a tick does while the scan of an earlier one is running: skip it, queue it, or allow both.", Kind::Word(&["skip", "queue", "allow"]), "queue", overlap),
    key!(Draft; "missed", "Which ticks are made up for that nobody could fire at their time.", Kind::Word(&["skip", "latest", "all"]), "all", missed),
    key!(Draft; "missed_window", "Ticks older than this are never made up for, only noted.", Kind::Span { least: Duration::from_secs(1) }, "6h", missed_window),
    key!(Draft; "jitter", "Scans start up to this much later, each schedule and tick by a fixed share of it.", Kind::Span { least: Duration::ZERO }, "5m", jitter),
];

/// Keys without which there is no schedule.
pub(super) const NEEDED: [&str; 2] = ["cron", "scope"];

impl Default for Draft {
    fn default() -> Self {
        Self {
            cron: None,
            timezone: TimeZone::UTC,
            scope: None,
            lane: Lane::Bulk,
            overlap: Overlap::Skip,
            missed: Missed::Latest,
            missed_window: Span(Duration::from_secs(24 * 3600)),
            jitter: Span(Duration::ZERO),
        }
    }
}

impl Draft {
    /// The schedule; none while something that it needs is missing.
    pub(super) fn finish(self, name: ScheduleName) -> Option<ScheduleSpec> {
        let Self { cron, timezone, scope, lane, overlap, missed, missed_window, jitter } = self;
        Some(ScheduleSpec {
            name,
            timetable: Timetable::new(cron?, timezone),
            scope: scope?,
            lane,
            overlap,
            missed,
            window: missed_window.0,
            jitter: jitter.0,
        })
    }
}

impl From<&ScheduleSpec> for Draft {
    fn from(spec: &ScheduleSpec) -> Self {
        let ScheduleSpec { name: _, timetable, scope, lane, overlap, missed, window, jitter } = spec;
        Self {
            cron: Some(timetable.cron().clone()),
            timezone: timetable.zone().clone(),
            scope: Some(scope.clone()),
            lane: *lane,
            overlap: *overlap,
            missed: *missed,
            missed_window: Span(*window),
            jitter: Span(*jitter),
        }
    }
}

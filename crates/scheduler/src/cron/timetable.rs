//! The instants that an expression names in a time zone.

use checkmate_domain::Timestamp;
use jiff::tz::TimeZone;

use super::describe::describe;
use super::expr::CronExpr;
use super::line::Line;
use super::stretch::Stretch;

/// After 400 years the calendar repeats, and with it the rules of every zone: what has not come by then never comes. In
/// seconds.
const CYCLE: i64 = 146_097 * 86_400;

/// A cron expression in a time zone. Ticks are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    cron: CronExpr,
    zone: TimeZone,
}

impl Timetable {
    /// An expression in a zone, which [`zone`](super::zone) finds by its name.
    #[must_use]
    pub const fn new(cron: CronExpr, zone: TimeZone) -> Self {
        Self { cron, zone }
    }

    /// The expression.
    #[must_use]
    pub const fn cron(&self) -> &CronExpr {
        &self.cron
    }

    /// The zone its fields are read in.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first tick strictly after an instant.
    ///
    /// There is always one but for two cases: the instant is at the end of the calendar (year 9999), or an interval lies
    /// wholly within an hour that its zone skips, year after year (`*/5 2 8-14 3 */7` in New York).
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        Ticks::after(self, after).next()
    }

    /// The ticks after `after` up to and including `until`, in order, at most `limit` of them.
    #[must_use]
    pub fn between(&self, after: Timestamp, until: Timestamp, limit: usize) -> Vec<Timestamp> {
        Ticks::after(self, after).take(limit).take_while(|tick| *tick <= until).collect()
    }

    /// The last tick after `after` and up to and including `at`. Looks back from `at`, so that it does not matter how many
    /// there were.
    #[must_use]
    pub fn last_in(&self, after: Timestamp, at: Timestamp) -> Option<Timestamp> {
        let oldest = second_after(after);
        let mut line = Line::new(self.cron.fields());
        let mut second = at.as_millis().div_euclid(1000).min(jiff::Timestamp::MAX.as_second());
        while second >= oldest {
            let stretch = Stretch::with(&self.zone, second)?;
            if let Some(wall) = line.last(second + stretch.offset, self.unseen(&stretch)) {
                let tick = stretch.instant(wall);
                return (tick >= oldest).then(|| timestamp(tick));
            }
            second = stretch.start - 1;
        }
        None
    }

    /// What it means, in plain language: "at 02:30 on weekdays, Europe/Berlin time".
    #[must_use]
    pub fn describe(&self) -> String {
        let zone = match self.zone.iana_name() {
            Some("UTC") => "UTC".to_owned(),
            Some(name) => format!("{name} time"),
            None => "local time".to_owned(),
        };
        format!("{}, {zone}", describe(self.cron.fields()))
    }

    /// The wall clock time from which on a stretch owes ticks. Fixed times come once: those that a gap skipped are owed at
    /// its start, those that were already shown are not. Of an interval every match within the stretch counts.
    fn unseen(&self, stretch: &Stretch) -> i64 {
        if self.cron.fields().is_interval() {
            stretch.start + stretch.offset
        } else {
            stretch.reached(&self.zone)
        }
    }
}

/// The ticks from an instant on, in order.
struct Ticks<'a> {
    table: &'a Timetable,
    line: Line<'a>,
    /// The first second that may be a tick.
    from: i64,
    now: Option<Now>,
}

/// The stretch that holds the next tick, if any does.
#[derive(Clone, Copy)]
struct Now {
    stretch: Stretch,
    unseen: i64,
}

impl<'a> Ticks<'a> {
    fn after(table: &'a Timetable, after: Timestamp) -> Self {
        let from = second_after(after).max(jiff::Timestamp::MIN.as_second());
        Self { table, line: Line::new(table.cron.fields()), from, now: None }
    }

    /// The stretch that holds `from`.
    fn now(&mut self) -> Option<Now> {
        if self.now.is_none_or(|now| self.from >= now.stretch.end) {
            let stretch = Stretch::with(&self.table.zone, self.from)?;
            self.now = Some(Now { stretch, unseen: self.table.unseen(&stretch) });
        }
        self.now
    }
}

impl Iterator for Ticks<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let horizon = self.from.saturating_add(CYCLE);
        while self.from < horizon {
            let Now { stretch, unseen } = self.now()?;
            let wall = self.from + stretch.offset;
            // Only at its start does a stretch make up for what came before it.
            let wall = if self.from == stretch.start { unseen } else { wall.max(unseen) };
            if let Some(found) = self.line.first(wall, stretch.end + stretch.offset) {
                let tick = stretch.instant(found);
                self.from = tick + 1;
                return Some(timestamp(tick));
            }
            self.from = stretch.end;
        }
        None
    }
}

/// The first whole second after an instant.
const fn second_after(instant: Timestamp) -> i64 {
    instant.as_millis().div_euclid(1000) + 1
}

const fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

//! A walk through time, minute by minute, by the wall clock of a zone.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::tables::Tables;

/// 2024-01-01 and 2031-01-01, in seconds.
const SPAN: Range<i64> = 1_704_067_200..1_924_992_000;
const QUARTER: i64 = 900;
const WEEK: i64 = 7 * 86_400;

/// The offset of a zone from UTC in each quarter of an hour.
pub(crate) struct Offsets(Vec<i64>);

impl Offsets {
    pub(crate) fn of(zone: &TimeZone) -> Self {
        let at = |second| i64::from(zone.to_offset(Timestamp::from_second(second).unwrap()).seconds());
        let offsets = Self(SPAN.step_by(900).map(at).collect());
        for change in offsets.changes() {
            // Else a quarter of an hour would be too coarse.
            assert_eq!(at(change - 1), offsets.at(change - 1), "a change within a quarter");
            assert_eq!(offsets.at(change) % 60, 0, "an offset with seconds");
        }
        offsets
    }

    pub(crate) fn start(&self) -> i64 {
        SPAN.start
    }

    pub(crate) fn end(&self) -> i64 {
        SPAN.end
    }

    /// The instants at which the offset changes.
    pub(crate) fn changes(&self) -> Vec<i64> {
        let pairs = self.0.windows(2).enumerate();
        let changes = pairs.filter(|(_, pair)| pair[0] != pair[1]);
        changes.map(|(index, _)| SPAN.start + (index as i64 + 1) * QUARTER).collect()
    }

    /// The week around each change; of a zone without changes, one around a leap day.
    pub(crate) fn weeks(&self) -> Vec<Range<i64>> {
        let mut middles = self.changes();
        if middles.is_empty() {
            middles.push(1_835_395_200);
        }
        middles.into_iter().map(|middle| middle - WEEK / 2..middle + WEEK / 2).collect()
    }

    fn at(&self, second: i64) -> i64 {
        self.0[((second - SPAN.start) / QUARTER) as usize]
    }
}

/// Who walks: by which tables and clock, and for which expressions.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) offsets: &'a Offsets,
    /// One bit for each expression that is looked at.
    pub(crate) only: u64,
}

impl Walk<'_> {
    /// Calls with each second that is a tick, and with the expressions it is a tick of.
    pub(crate) fn through(&self, start: i64, end: i64, mut tick: impl FnMut(i64, u64)) {
        let (interval, fixed) = (self.only & self.tables.interval, self.only & !self.tables.interval);
        let mut clock = Clock::new(self.tables);
        // The minute up to which fixed times are done: it goes forward only, as Vixie cron's virtual time does.
        let mut done = (start + self.offsets.at(start)) / 60 - 1;
        let mut second = start;
        while second < end {
            let offset = self.offsets.at(second);
            let quarter = second + QUARTER - second % QUARTER;
            while second < quarter && second < end {
                let wall = (second + offset) / 60;
                let here = clock.matching(wall);
                let mut due = here & interval;
                let mut made_up = 0;
                if wall > done {
                    due |= here & fixed;
                    while done + 1 < wall {
                        done += 1;
                        made_up |= clock.matching(done) & fixed;
                    }
                    done = wall;
                }
                if due | made_up != 0 {
                    self.seconds(second, due, made_up, &mut tick);
                }
                second += 60;
            }
        }
    }

    /// The seconds of one minute. What is made up for comes in the first of them.
    fn seconds(&self, minute: i64, due: u64, made_up: u64, tick: &mut impl FnMut(i64, u64)) {
        let first = due & self.tables.second[0] | made_up;
        if first != 0 {
            tick(minute, first);
        }
        if due & self.tables.with_seconds != 0 {
            let mut second = 1;
            while second < 60 {
                let now = due & self.tables.second[second];
                if now != 0 {
                    tick(minute + second as i64, now);
                }
                second += 1;
            }
        }
    }
}

/// A wall clock with a calendar, which knows what matches the minute it shows.
struct Clock<'a> {
    tables: &'a Tables,
    day: i64,
    hour: i64,
    /// Expressions that match day and hour.
    matching_day: u64,
    matching_hour: u64,
}

impl<'a> Clock<'a> {
    fn new(tables: &'a Tables) -> Self {
        Self { tables, day: 0, hour: 0, matching_day: 0, matching_hour: 0 }
    }

    /// What matches a minute, counted from 1970.
    fn matching(&mut self, minute: i64) -> u64 {
        let hour = minute / 60;
        if hour != self.hour {
            self.hour = hour;
            if hour / 24 != self.day {
                self.day = hour / 24;
                self.matching_day = self.of_day();
            }
            self.matching_hour = self.matching_day & self.tables.hour[(hour % 24) as usize];
        }
        self.matching_hour & self.tables.minute[(minute % 60) as usize]
    }

    fn of_day(&self) -> u64 {
        let (month, day) = date(self.day);
        // 1970 began on a Thursday.
        let weekday = self.tables.weekday[((self.day + 4) % 7) as usize];
        let dates = self.tables.day[day];
        let (both, either) = (dates & weekday & self.tables.both, (dates | weekday) & !self.tables.both);
        self.tables.month[month] & (both | either)
    }
}

/// Month and day of a day since 1970, counted off year by year and month by month.
fn date(mut day: i64) -> (usize, usize) {
    let mut year = 1970;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while day >= 365 + i64::from(leap(year)) {
        day -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (month, day as usize + 1)
}

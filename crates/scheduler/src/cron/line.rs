//! The naive local time line: wall clock times as seconds, as if every day had 24 hours. No zone is known here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::expr::Fields;

const DAY: i64 = 86_400;

/// Looks for the wall clock times that an expression names. Keeps the month it looked at last: the next question is nearly
/// always about the same one.
pub(super) struct Line<'a> {
    fields: &'a Fields,
    month: Option<Month>,
}

impl<'a> Line<'a> {
    pub(super) const fn new(fields: &'a Fields) -> Self {
        Self { fields, month: None }
    }

    /// The first match from `from` on, before `end`.
    pub(super) fn first(&mut self, from: i64, end: i64) -> Option<i64> {
        let (day, second) = (from.div_euclid(DAY), from.rem_euclid(DAY));
        let month = self.month_with(day)?;
        let today = month.has(day).then(|| time_from(self.fields, second)).flatten();
        let found = match today {
            Some(time) => day * DAY + time,
            None => self.day_from(day + 1, end)? * DAY + time_from(self.fields, 0)?,
        };
        (found < end).then_some(found)
    }

    /// The last match up to `to`, not before `start`.
    pub(super) fn last(&mut self, to: i64, start: i64) -> Option<i64> {
        let (day, second) = (to.div_euclid(DAY), to.rem_euclid(DAY));
        let month = self.month_with(day)?;
        let today = month.has(day).then(|| time_up_to(self.fields, second)).flatten();
        let found = match today {
            Some(time) => day * DAY + time,
            None => self.day_up_to(day - 1, start)? * DAY + time_up_to(self.fields, DAY - 1)?,
        };
        (found >= start).then_some(found)
    }

    fn day_from(&mut self, least: i64, end: i64) -> Option<i64> {
        let mut month = self.month_with(least)?;
        loop {
            if let Some(day) = month.day_from(least) {
                self.month = Some(month);
                return Some(day);
            }
            month = month.following(self.fields)?;
            if month.first * DAY >= end {
                return None;
            }
        }
    }

    fn day_up_to(&mut self, most: i64, start: i64) -> Option<i64> {
        let mut month = self.month_with(most)?;
        loop {
            if let Some(day) = month.day_up_to(most) {
                self.month = Some(month);
                return Some(day);
            }
            if month.first * DAY <= start {
                return None;
            }
            month = month.preceding(self.fields)?;
        }
    }

    fn month_with(&mut self, day: i64) -> Option<Month> {
        if !self.month.is_some_and(|month| month.holds(day)) {
            self.month = Some(Month::with(day, self.fields)?);
        }
        self.month
    }
}

/// The first time of day from a second of the day on.
fn time_from(fields: &Fields, second: i64) -> Option<i64> {
    let (hour, minute, second) = clock(second)?;
    let (seconds, minutes, hours) = (fields.second, fields.minute, fields.hour);
    if hours.has(hour) {
        if minutes.has(minute)
            && let Some(second) = seconds.from(second)
        {
            return Some(time(hour, minute, second));
        }
        if let Some(minute) = minutes.from(minute + 1) {
            return Some(time(hour, minute, seconds.first()));
        }
    }
    let hour = hours.from(hour + 1)?;
    Some(time(hour, minutes.first(), seconds.first()))
}

/// The last time of day up to a second of the day.
fn time_up_to(fields: &Fields, second: i64) -> Option<i64> {
    let (hour, minute, second) = clock(second)?;
    let (seconds, minutes, hours) = (fields.second, fields.minute, fields.hour);
    if hours.has(hour) {
        if minutes.has(minute)
            && let Some(second) = seconds.up_to(second)
        {
            return Some(time(hour, minute, second));
        }
        if let Some(minute) = minute.checked_sub(1).and_then(|minute| minutes.up_to(minute)) {
            return Some(time(hour, minute, seconds.last()));
        }
    }
    let hour = hours.up_to(hour.checked_sub(1)?)?;
    Some(time(hour, minutes.last(), seconds.last()))
}

/// Hour, minute and second of a second of the day.
fn clock(second: i64) -> Option<(u32, u32, u32)> {
    let second = u32::try_from(second).ok()?;
    Some((second / 3600, second / 60 % 60, second % 60))
}

fn time(hour: u32, minute: u32, second: u32) -> i64 {
    i64::from(hour * 3600 + minute * 60 + second)
}

/// A month, and which of its days match. Days are counted from 1970-01-01.
#[derive(Clone, Copy)]
struct Month {
    year: i16,
    month: i8,
    first: i64,
    length: i64,
    /// Bit 0 is the first day.
    days: u64,
}

impl Month {
    /// The month that holds a day; none outside of the years -9999 to 9999.
    fn with(day: i64, fields: &Fields) -> Option<Self> {
        let midnight = Timestamp::from_second(day.checked_mul(DAY)?).ok()?;
        let date = Offset::UTC.to_datetime(midnight).date();
        Self::new(date.first_of_month(), fields)
    }

    fn new(date: Date, fields: &Fields) -> Option<Self> {
        let midnight = Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?;
        let mut month = Self {
            year: date.year(),
            month: date.month(),
            first: midnight.as_second().div_euclid(DAY),
            length: i64::from(date.days_in_month()),
            days: 0,
        };
        if fields.month.has(u32::try_from(date.month()).ok()?) {
            month.days = matching(fields, u32::try_from(date.weekday().to_sunday_zero_offset()).ok()?);
            month.days &= (1 << month.length) - 1;
        }
        Some(month)
    }

    /// The next month that the expression names.
    fn following(self, fields: &Fields) -> Option<Self> {
        let after = u32::try_from(self.month).ok()? + 1;
        let (year, month) = match fields.month.from(after) {
            Some(month) => (self.year, month),
            None => (self.year + 1, fields.month.first()),
        };
        Self::new(Date::new(year, i8::try_from(month).ok()?, 1).ok()?, fields)
    }

    /// The month before that the expression names.
    fn preceding(self, fields: &Fields) -> Option<Self> {
        let before = u32::try_from(self.month).ok()? - 1;
        let (year, month) = match fields.month.up_to(before) {
            Some(month) => (self.year, month),
            None => (self.year - 1, fields.month.last()),
        };
        Self::new(Date::new(year, i8::try_from(month).ok()?, 1).ok()?, fields)
    }

    const fn holds(&self, day: i64) -> bool {
        self.first <= day && day < self.first + self.length
    }

    /// Whether a day of this month matches.
    const fn has(&self, day: i64) -> bool {
        self.days >> (day - self.first) & 1 == 1
    }

    fn day_from(&self, least: i64) -> Option<i64> {
        let skipped = (least - self.first).clamp(0, self.length);
        let left = self.days >> skipped << skipped;
        (left != 0).then(|| self.first + i64::from(left.trailing_zeros()))
    }

    fn day_up_to(&self, most: i64) -> Option<i64> {
        let kept = (most - self.first + 1).clamp(0, self.length);
        let left = self.days & ((1 << kept) - 1);
        (left != 0).then(|| self.first + 63 - i64::from(left.leading_zeros()))
    }
}

/// The days that match in a month of 31 days that begins on `weekday`: bit 0 is the first.
fn matching(fields: &Fields, weekday: u32) -> u64 {
    let dates = fields.day.bits >> 1;
    // One week from the weekday of the first day on, repeated five times.
    let week = (fields.weekday.bits >> weekday | fields.weekday.bits << (7 - weekday)) & 0x7f;
    let weekdays = week * 0x1020_4081;
    if fields.needs_both_days() { dates & weekdays } else { dates | weekdays }
}

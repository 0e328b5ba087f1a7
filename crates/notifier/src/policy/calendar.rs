//! Days, hours and time zones as a person writes them; and the times of a digest; pure.

use std::fmt;
use std::str::FromStr;

use checkmate_domain::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// Days that are looked through for a tick: a week, and one that the clocks may skip.
const DAYS: usize = 16;

/// A text that names no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Quiet hours of another form.
    #[error("is not like '22:00-07:00 Europe/Berlin' or 'sat,sun Europe/Berlin'")]
    Quiet,
    /// A cadence of another form.
    #[error("is not like 'scan', 'daily 08:00 Europe/Berlin' or 'weekly mon 08:00 Europe/Berlin'")]
    Cadence,
    /// No time of day.
    #[error("has no time of day like 08:00")]
    Time,
    /// No day of the week.
    #[error("has no day like mon, tue, wed, thu, fri, sat or sun")]
    Day,
    /// No time zone.
    #[error("names no time zone like Europe/Berlin at its end")]
    Zone,
}

pub(super) fn zone(name: &str) -> Result<TimeZone, CalendarError> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).ok_or(CalendarError::Zone)
}

pub(super) fn weekday(word: &str) -> Result<Weekday, CalendarError> {
    Ok(match word {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return Err(CalendarError::Day),
    })
}

/// Minutes since midnight; `24:00` is the end of the day.
pub(super) fn minute(text: &str) -> Result<u16, CalendarError> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
    let (hour, minute) = text.split_once(':').ok_or(CalendarError::Time)?;
    match (number(hour), number(minute)) {
        (Some(hour @ 0..24), Some(minute @ 0..60)) => Ok(hour * 60 + minute),
        (Some(24), Some(0)) => Ok(24 * 60),
        _ => Err(CalendarError::Time),
    }
}

/// When a digest is due that is none of each scan: `daily 08:00 Europe/Berlin`, `weekly mon 08:00 Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Each day, where none is named.
    day: Option<Weekday>,
    hour: i8,
    minute: i8,
    zone: TimeZone,
    /// As it was written.
    text: String,
}

impl FromStr for Cadence {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (day, time, name) = match words.as_slice() {
            ["daily", time, zone] => (None, time, zone),
            ["weekly", day, time, zone] => (Some(weekday(day)?), time, zone),
            _ => return Err(CalendarError::Cadence),
        };
        let minutes = minute(time)?;
        let part = |number: u16| i8::try_from(number).map_err(|_| CalendarError::Time);
        let (hour, minute) = (part(minutes / 60)?, part(minutes % 60)?);
        if hour == 24 {
            return Err(CalendarError::Time);
        }
        Ok(Self { day, hour, minute, zone: zone(name)?, text: text.to_owned() })
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cadence {
    /// The first time after this moment. A time that the clocks skip is as long after midnight as if they did not; one that
    /// comes twice is the first of both. Nothing at the end of the calendar.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.as_millis()).ok()?;
        // The day before, as its time may be skipped into this one.
        let first = self.zone.to_datetime(after).date().yesterday().ok()?;
        let mut days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take(DAYS);
        let tick = days.find_map(|day| {
            let is_day = self.day.is_none_or(|wanted| day.weekday() == wanted);
            let at = self.zone.to_timestamp(day.at(self.hour, self.minute, 0, 0)).ok()?;
            (is_day && at > after).then_some(at)
        });
        tick.map(|at| Timestamp::from_millis(at.as_millisecond()))
    }

    /// The time before one of its times.
    #[must_use]
    pub fn before(&self, tick: Timestamp) -> Option<Timestamp> {
        let long = std::time::Duration::from_secs(8 * 86_400);
        let ticks = std::iter::successors(self.next(tick.minus(long)), |last| self.next(*last));
        ticks.take(DAYS).take_while(|one| *one < tick).last()
    }

    /// A moment in words, in its time zone.
    #[must_use]
    pub fn words(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        at.to_zoned_datetime(self.zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read(text: &str) -> Cadence {
        text.parse().unwrap()
    }

    #[test]
    fn a_cadence_is_once_in_each_period_whatever_the_clocks_do() {
        for (cadence, after, next) in [
            ("daily 08:00 Europe/Berlin", "2026-11-27T06:59:59Z", "2026-11-27T07:00:00Z"),
            ("daily 08:00 Europe/Berlin", "2026-11-27T07:00:00Z", "2026-11-28T07:00:00Z"),
            ("daily 08:00 Europe/Berlin", "2027-03-27T07:00:00Z", "2027-03-28T06:00:00Z"),
            ("daily 08:00 Europe/Berlin", "2027-10-30T06:00:00Z", "2027-10-31T07:00:00Z"),
            // 02:30 is not there on one day, and twice on another.
            ("daily 02:30 Europe/Berlin", "2027-03-27T01:30:00Z", "2027-03-28T01:30:00Z"),
            ("daily 02:30 Europe/Berlin", "2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"),
            ("daily 02:30 Europe/Berlin", "2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z"),
            ("daily 02:30 Europe/Berlin", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"),
            ("weekly mon 08:00 Europe/Berlin", "2026-11-27T12:00:00Z", "2026-11-30T07:00:00Z"),
            ("weekly mon 08:00 Europe/Berlin", "2026-11-30T07:00:00Z", "2026-12-07T07:00:00Z"),
            ("weekly sun 00:00 Pacific/Auckland", "2026-11-27T12:00:00Z", "2026-11-28T11:00:00Z"),
        ] {
            assert_eq!(read(cadence).next(at(after)), Some(at(next)), "{cadence} {after}");
        }
    }

    #[test]
    fn cadences_are_read_and_written_the_same() {
        for text in ["daily 08:00 Europe/Berlin", "weekly mon 08:00 UTC"] {
            assert_eq!(read(text).to_string(), text);
        }
        for wrong in [
            "",
            "daily",
            "daily 08:00",
            "daily 24:00 UTC",
            "daily 8:00 UTC",
            "weekly 08:00 UTC",
            "weekly day 08:00 UTC",
            "hourly 08:00 UTC",
            "daily 08:00 Nowhere/Town",
        ] {
            assert!(wrong.parse::<Cadence>().is_err(), "{wrong}");
        }
        let words = read("daily 08:00 Europe/Berlin").words(at("2026-11-27T07:00:00Z"));
        assert_eq!(words, "Fri 27 Nov 2026, 08:00 CET");
    }

    proptest! {
        /// Each moment belongs to one period: between two times that follow each other.
        #[test]
        fn periods_follow_each_other(
            zone in prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("UTC")],
            hour in 0..24_u8,
            minute in 0..60_u8,
            weekly: bool,
            at in 1_791_000_000_000..1_854_000_000_000_i64,
        ) {
            let which = if weekly { "weekly wed" } else { "daily" };
            let cadence = read(&format!("{which} {hour:02}:{minute:02} {zone}"));
            let at = Timestamp::from_millis(at);
            let next = cadence.next(at).unwrap();
            let before = cadence.before(next).unwrap();
            prop_assert!(before <= at && at < next);
            prop_assert_eq!(cadence.next(before), Some(next));
            let hours = next.since(before).as_secs() / 3_600;
            prop_assert!(if weekly { (167..=169).contains(&hours) } else { (22..=26).contains(&hours) }, "{hours}");
        }
    }
}

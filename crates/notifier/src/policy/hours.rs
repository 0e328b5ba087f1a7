//! When a route says nothing: hours of the day, days of the week, in a time zone; pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use checkmate_domain::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

use super::calendar::{self, CalendarError};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Whatever is quiet for longer is so for good.
const LONGEST: Duration = Duration::from_secs(8 * 86_400);

/// Hours in which nothing is said: `22:00-07:00 Europe/Berlin`, `sat,sun Europe/Berlin`, `mon-fri 18:00-24:00 Europe/Berlin`.
/// Hours that end before they begin end on the next day; the days are those on which they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// From Monday on.
    days: [bool; 7],
    from: u16,
    to: u16,
    zone: TimeZone,
    /// As it was written.
    text: String,
}

impl FromStr for Quiet {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (zone, words) = words.split_last().ok_or(CalendarError::Quiet)?;
        let is_hours = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let (days, hours) = match words {
            [hours] if is_hours(hours) => (None, Some(*hours)),
            [days] => (Some(*days), None),
            [days, hours] => (Some(*days), Some(*hours)),
            _ => return Err(CalendarError::Quiet),
        };
        let days = days.map_or(Ok([true; 7]), self::days)?;
        let (from, to) = hours.map_or(Ok((0, DAY)), self::hours)?;
        Ok(Self { days, from, to, zone: calendar::zone(zone)?, text: text.to_owned() })
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `sat,sun` or `mon-fri`.
fn days(text: &str) -> Result<[bool; 7], CalendarError> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (calendar::weekday(first)?, calendar::weekday(last)?);
        loop {
            days[index(day)] = true;
            if day == last {
                break;
            }
            day = day.next();
        }
    }
    Ok(days)
}

/// `22:00-07:00`.
fn hours(text: &str) -> Result<(u16, u16), CalendarError> {
    let (from, to) = text.split_once('-').ok_or(CalendarError::Quiet)?;
    let (from, to) = (calendar::minute(from)?, calendar::minute(to)?);
    if from == to || from == DAY || to == 0 { Err(CalendarError::Quiet) } else { Ok((from, to)) }
}

fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

impl Quiet {
    fn holds(&self, at: jiff::Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        let minute = u16::try_from(local.hour()).unwrap_or_default() * 60
            + u16::try_from(local.minute()).unwrap_or_default();
        let (today, before) = (local.weekday(), local.weekday().previous());
        if self.from < self.to {
            return self.days[index(today)] && (self.from..self.to).contains(&minute);
        }
        (self.days[index(today)] && minute >= self.from) || (self.days[index(before)] && minute < self.to)
    }

    /// The first moment after this one at which it may be over: the end on a day, or a change of the clocks.
    fn next_change(&self, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let today = self.zone.to_datetime(at).date();
        let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(3);
        // An hour that comes twice has two ends.
        let both = |end: DateTime| {
            let end = self.zone.to_ambiguous_timestamp(end);
            [end.earlier(), end.later()].into_iter().filter_map(Result::ok)
        };
        let ends = days.filter_map(|day| self.end_on(day)).flat_map(both);
        let clocks = self.zone.following(at).next().map(|change| change.timestamp());
        ends.chain(clocks).filter(|end| *end > at).min()
    }

    fn end_on(&self, day: Date) -> Option<DateTime> {
        let midnight = day.at(0, 0, 0, 0);
        if self.to == DAY {
            return midnight.checked_add(jiff::Span::new().days(1)).ok();
        }
        let (hour, minute) = (i8::try_from(self.to / 60).ok()?, i8::try_from(self.to % 60).ok()?);
        Some(day.at(hour, minute, 0, 0))
    }
}

/// When it is over that nothing is said: the first moment after this one that is in none of the hours. Nothing where it is in
/// none now. What would never be over counts as over after a week.
#[must_use]
pub fn quiet_until(hours: &[Quiet], now: Timestamp) -> Option<Timestamp> {
    let mut at = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    let last = Timestamp::as_millis(now.plus(LONGEST));
    let mut was_quiet = false;
    while let Some(quiet) = hours.iter().find(|quiet| quiet.holds(at)) {
        was_quiet = true;
        at = quiet.next_change(at)?;
        if at.as_millisecond() >= last {
            break;
        }
    }
    was_quiet.then(|| Timestamp::from_millis(at.as_millisecond()))
}

/// Whether nothing would ever be said.
#[must_use]
pub fn is_always_quiet(hours: &[Quiet]) -> bool {
    let now = Timestamp::from_millis(0);
    quiet_until(hours, now).is_some_and(|until| until.since(now) >= LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read(texts: &[&str]) -> Vec<Quiet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_falls_into_quiet_hours_is_due_when_they_end() {
        const NIGHT: &[&str] = &["22:00-07:00 Europe/Berlin"];
        const EARLY: &[&str] = &["01:00-02:30 Europe/Berlin"];
        const REST: &[&str] = &["22:00-07:00 Europe/Berlin", "sat,sun Europe/Berlin"];
        const FRIDAY: &[&str] = &["fri 18:00-08:00 Europe/Berlin"];
        for (hours, now, until) in [
            // Winter: one hour ahead. The end itself is outside.
            (NIGHT, "2026-11-27T20:59:59Z", None),
            (NIGHT, "2026-11-27T21:00:00Z", Some("2026-11-28T06:00:00Z")),
            (NIGHT, "2026-11-28T05:59:59Z", Some("2026-11-28T06:00:00Z")),
            (NIGHT, "2026-11-28T06:00:00Z", None),
            // The nights in which the clocks change are an hour shorter and an hour longer.
            (NIGHT, "2027-03-27T21:30:00Z", Some("2027-03-28T05:00:00Z")),
            (NIGHT, "2027-10-30T20:30:00Z", Some("2027-10-31T06:00:00Z")),
            // An end that the clocks skip is when they do, and one that comes twice comes twice.
            (EARLY, "2027-03-28T00:30:00Z", Some("2027-03-28T01:00:00Z")),
            (EARLY, "2027-10-30T23:30:00Z", Some("2027-10-31T00:30:00Z")),
            (EARLY, "2027-10-31T00:45:00Z", None),
            (EARLY, "2027-10-31T01:15:00Z", Some("2027-10-31T01:30:00Z")),
            // One after the other: a Friday night, and the two days after it, and the night after them.
            (REST, "2026-11-27T21:00:00Z", Some("2026-11-30T06:00:00Z")),
            (REST, "2026-11-29T12:00:00Z", Some("2026-11-30T06:00:00Z")),
            (REST, "2026-11-30T12:00:00Z", None),
            // The day is that on which they begin.
            (FRIDAY, "2026-11-28T06:59:00Z", Some("2026-11-28T07:00:00Z")),
            (FRIDAY, "2026-11-27T06:00:00Z", None),
            (FRIDAY, "2026-11-28T18:00:00Z", None),
            (&[], "2026-11-27T21:00:00Z", None),
        ] {
            assert_eq!(quiet_until(&read(hours), at(now)), until.map(at), "{hours:?} {now}");
        }
    }

    #[test]
    fn what_never_ends_is_told() {
        assert!(is_always_quiet(&read(&["mon-sun UTC"])));
        assert!(is_always_quiet(&read(&["00:00-12:00 UTC", "12:00-24:00 UTC"])));
        assert!(!is_always_quiet(&read(&["00:00-23:59 UTC"])));
        assert!(!is_always_quiet(&read(&["tue-sun UTC"])));
        assert!(!is_always_quiet(&[]));
    }

    #[test]
    fn hours_are_read_and_written_the_same() {
        for text in ["22:00-07:00 Europe/Berlin", "sat,sun UTC", "mon-fri,sun 18:00-24:00 America/New_York"] {
            assert_eq!(text.parse::<Quiet>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "UTC",
            "22:00 UTC",
            "22:00-22:00 UTC",
            "24:00-07:00 UTC",
            "22:00-00:00 UTC",
            "22:60-07:00 UTC",
            "25:00-07:00 UTC",
            "22:00-07:00",
            "22:00-07:00 Nowhere/Town",
            "day UTC",
            "sat sun UTC",
            "22:00-07:00 sat UTC",
        ] {
            assert!(wrong.parse::<Quiet>().is_err(), "{wrong}");
        }
    }

    proptest! {
        /// Whatever the zone does with its clocks: all of the time before the end is quiet, and the end is not.
        #[test]
        fn the_end_is_the_first_moment_that_is_not_quiet(
            zone in prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("Asia/Kathmandu"), Just("UTC")],
            from in 0..1_440_u16,
            to in 1..=1_440_u16,
            days in prop_oneof![Just(""), Just("sat,sun "), Just("mon-thu ")],
            minute in 29_850_000..30_900_000_i64,
        ) {
            prop_assume!(from != to);
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let hours = read(&[&format!("{days}{}-{} {zone}", clock(from), clock(to))]);
            let now = minute * 60_000;
            let quiet = |at: i64| hours[0].holds(jiff::Timestamp::from_millisecond(at).unwrap());
            match quiet_until(&hours, Timestamp::from_millis(now)) {
                None => prop_assert!(!quiet(now)),
                Some(until) => {
                    let until = until.as_millis();
                    prop_assert!(until > now && (!quiet(until) || until - now >= 8 * 86_400_000));
                    for at in (now..until).step_by(60_000) {
                        prop_assert!(quiet(at), "{at} of {now}..{until}");
                    }
                }
            }
        }
    }
}

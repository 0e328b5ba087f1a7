//! An expression in plain language. It is made from the values, not from what was typed, so that it says what will happen.

use super::expr::Fields;
use super::values::Values;
use super::words::{self, Shape, list, ordinal, shape};

/// As many clock times as a sentence takes.
const FEW_TIMES: u32 = 4;

/// When it ticks, without the zone: "at 02:30 on weekdays".
pub(super) fn describe(fields: &Fields) -> String {
    let time = time(fields);
    match days(fields) {
        Some(days) => format!("{time} {days}"),
        None if time.starts_with("every") => time,
        None => format!("{time} every day"),
    }
}

/// The time of day.
fn time(fields: &Fields) -> String {
    let Fields { second, minute, hour, .. } = *fields;
    if let Some(times) = clock_times(hour, minute, second) {
        return format!("at {times}");
    }
    if second.bits == 1 {
        return minutes(minute, hour);
    }
    let seconds = part("second", second);
    if shape(minute, 60) == Shape::All {
        let each = if seconds.starts_with("every") { "" } else { " of every minute" };
        return format!("{seconds}{each}{}", between(hour));
    }
    match clock_times(hour, minute, Values { bits: 1, star: false }) {
        Some(times) if minute.count() * hour.count() == 1 => format!("{seconds} of the minute {times}"),
        Some(times) => format!("{seconds} of the minutes {times}"),
        None => format!("{seconds} of {} of {}", named("minute", 60, minute), hours(hour)),
    }
}

/// The minutes of the day, where a tick is at second 0.
fn minutes(minute: Values, hour: Values) -> String {
    let first = minute.first();
    match (shape(minute, 60), shape(hour, 24)) {
        (Shape::All | Shape::Even { .. }, _) if first == 0 => {
            format!("{}{}", part("minute", minute), between(hour))
        }
        (_, Shape::All) if minute.bits == 1 => "every hour".to_owned(),
        (_, Shape::Even { step }) if minute.count() == 1 => {
            format!("every {step} hours from {:02}:{first:02}", hour.first())
        }
        _ => format!("{} of {}", part("minute", minute), hours(hour)),
    }
}

/// `02:30 and 14:30`, with seconds where there are some; none when they would be too many to read.
fn clock_times(hour: Values, minute: Values, second: Values) -> Option<String> {
    if hour.count() * minute.count() * second.count() > FEW_TIMES {
        return None;
    }
    let mut times = Vec::new();
    for (hour, minute) in hour.each().flat_map(|hour| minute.each().map(move |minute| (hour, minute))) {
        for second in second.each() {
            times.push(match second {
                0 => format!("{hour:02}:{minute:02}"),
                _ => format!("{hour:02}:{minute:02}:{second:02}"),
            });
        }
    }
    Some(list(&times))
}

/// `every second`, `every 10 seconds`, `at second 5`, `at seconds 5 to 20`.
fn part(unit: &str, values: Values) -> String {
    match shape(values, 60) {
        Shape::All => format!("every {unit}"),
        Shape::Even { step } if values.first() == 0 => format!("every {step} {unit}s"),
        _ => format!("at {}", named(unit, 60, values)),
    }
}

/// `minute 5`, `minutes 5, 20 and 35`, `every 7th minute from 0 to 56`.
fn named(unit: &str, size: u32, values: Values) -> String {
    if let Some(step) = words::steps(values, size) {
        return format!("every {} {unit} from {} to {}", ordinal(step), values.first(), values.last());
    }
    let ending = if values.count() == 1 { "" } else { "s" };
    format!("{unit}{ending} {}", words::values(values, size, |value| value.to_string()))
}

/// The hours that minutes belong to.
fn hours(hour: Values) -> String {
    match shape(hour, 24) {
        Shape::All => "every hour".to_owned(),
        _ => named("hour", 24, hour),
    }
}

/// The hours that an interval is confined to.
fn between(hour: Values) -> String {
    match shape(hour, 24) {
        Shape::All => String::new(),
        Shape::Range => format!(" between {:02}:00 and {:02}:59", hour.first(), hour.last()),
        _ if hour.count() == 1 => format!(" between {:02}:00 and {:02}:59", hour.first(), hour.first()),
        _ => format!(" in {}", named("hour", 24, hour)),
    }
}

/// The days; none when it is every day of the year.
fn days(fields: &Fields) -> Option<String> {
    let Fields { day, month, weekday, .. } = *fields;
    let any_month = shape(month, 12) == Shape::All;
    let months = months(month);
    let within = if any_month { String::new() } else { format!(" in {months}") };
    let dates = || format!("{} of {months}", dates(day));
    match (fields.needs_both_days(), day.count() == 31, weekday.count() == 7) {
        (true, true, true) | (false, true, _) | (false, _, true) if any_month => None,
        (true, true, true) | (false, true, _) | (false, _, true) => Some(format!("every day{within}")),
        (true, true, false) => Some(format!("{}{within}", on_weekdays(weekday))),
        (true, false, true) => Some(format!("on {}", dates())),
        (true, false, false) => Some(format!("{} that fall on {}", on_weekdays(weekday), dates())),
        (false, false, false) => Some(format!("on {} and also {}{within}", dates(), on_weekdays(weekday))),
    }
}

/// `the 1st and 15th`, `every 2nd day from the 1st to the 31st`.
fn dates(day: Values) -> String {
    match words::steps(day, 31) {
        Some(step) => {
            let (first, last) = (ordinal(day.first()), ordinal(day.last()));
            format!("every {} day from the {first} to the {last}", ordinal(step))
        }
        None => format!("the {}", words::values(day, 31, ordinal)),
    }
}

fn on_weekdays(weekday: Values) -> String {
    match weekday.bits {
        0b011_1110 => "on weekdays".to_owned(),
        0b100_0001 => "on Saturdays and Sundays".to_owned(),
        _ => format!("on {}", list(&weekday_names(weekday))),
    }
}

/// From Monday on, as people count.
fn weekday_names(weekday: Values) -> Vec<String> {
    let monday_first = [1, 2, 3, 4, 5, 6, 0].into_iter();
    monday_first.filter(|day| weekday.has(*day)).map(|day| format!("{}s", words::weekday(day))).collect()
}

/// `the month` for each of them.
fn months(month: Values) -> String {
    match shape(month, 12) {
        Shape::All => "the month".to_owned(),
        Shape::Range => words::values(month, 12, |number| words::month(number).to_owned()),
        _ => list(&month.each().map(words::month).collect::<Vec<_>>()),
    }
}

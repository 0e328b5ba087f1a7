//! What holds of every expression in every zone.

use checkmate_domain::Timestamp;
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{CronExpr, Timetable};
use super::instant;

/// One field: a few items of any form.
fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    let value = move || least..=most;
    let range = (value(), value()).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let item = prop_oneof![
        value().prop_map(|value| value.to_string()),
        range.clone().prop_map(|(from, to)| format!("{from}-{to}")),
        (range, 1..12u32).prop_map(|((from, to), step)| format!("{from}-{to}/{step}")),
        (value(), 1..12u32).prop_map(|(from, step)| format!("{from}/{step}")),
        (1..70u32).prop_map(|step| format!("*/{step}")),
    ];
    let list = prop::collection::vec(item, 1..4).prop_map(|items| items.join(","));
    prop_oneof![2 => Just("*".to_owned()), 3 => list]
}

fn expression() -> impl Strategy<Value = CronExpr> {
    let second = prop_oneof![Just(String::new()), Just("0".to_owned()), field(0, 59)];
    let fields = (second, field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    fields
        .prop_map(|(second, minute, hour, day, month, weekday)| {
            [second, minute, hour, day, month, weekday].join(" ")
        })
        .prop_filter_map("a date that never comes", |text| text.parse().ok())
}

/// Any zone, and often one with something odd to it.
fn timetables() -> impl Strategy<Value = Timetable> {
    let zones = TimeZoneDatabase::bundled();
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    let odd = [
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Nuuk",
        "Antarctica/Troll",
        "Asia/Gaza",
        "Pacific/Apia",
        "Pacific/Kwajalein",
    ]
    .map(str::to_owned);
    let name = prop_oneof![select(names), select(odd.to_vec())];
    (expression(), name).prop_map(move |(cron, name)| Timetable::new(cron, zones.get(&name).unwrap()))
}

/// From 1890 to 2110, often near the changes of these years.
fn instants() -> impl Strategy<Value = Timestamp> {
    let (from, to) = (instant("1890-01-01T00:00:00Z"), instant("2110-01-01T00:00:00Z"));
    (from.as_millis()..to.as_millis()).prop_map(Timestamp::from_millis)
}

/// An instant and a zone's next change after it, give or take a few hours.
fn near_a_change(table: &Timetable, at: Timestamp, hours: i64) -> Timestamp {
    let from = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap();
    let change = table.zone().following(from).next().map_or(from, |change| change.timestamp());
    Timestamp::from_millis(change.as_millisecond() + hours * 600_000)
}

const fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis() - 1)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn ticks_go_forward_and_are_found_from_every_side(
        table in timetables(), at in instants(), near in -40..40i64, change in any::<bool>(),
    ) {
        let after = if change { near_a_change(&table, at, near) } else { at };
        let ticks = table.between(after, Timestamp::from_millis(i64::MAX), 12);
        let mut before = after;
        for &tick in &ticks {
            prop_assert!(tick > before);
            prop_assert_eq!(table.next_after(before), Some(tick));
            prop_assert_eq!(table.next_after(just_before(tick)), Some(tick));
            prop_assert_eq!(table.last_in(after, tick), Some(tick));
            if before > after {
                prop_assert_eq!(table.last_in(after, just_before(tick)), Some(before));
                prop_assert_eq!(table.last_in(before, just_before(tick)), None);
            }
            before = tick;
        }
        prop_assert_eq!(ticks.len() < 12, table.next_after(before).is_none());
    }

    #[test]
    fn the_last_one_is_the_last_of_all(table in timetables(), at in instants(), hours in 0..400i64) {
        let until = Timestamp::from_millis(at.as_millis() + hours * 3_600_000);
        let all = table.between(at, until, 200_000);
        prop_assume!(all.len() < 200_000);
        prop_assert_eq!(table.last_in(at, until), all.last().copied());
        prop_assert_eq!(table.between(at, until, 3), &all[..all.len().min(3)]);
    }

    #[test]
    fn any_text_is_read_or_told_what_is_wrong(text in any::<String>()) {
        is_read_or_told(&text);
    }

    #[test]
    fn what_looks_like_an_expression_is_read_or_told_what_is_wrong(
        words in prop::collection::vec("[-*/,0-9a-zA-Z?#@L]{1,6}|\\*|[0-9]{1,2}", 4..8),
    ) {
        is_read_or_told(&words.join(" "));
    }
}

/// The law of the fuzz target `cron_text`.
fn is_read_or_told(text: &str) {
    match text.parse::<CronExpr>() {
        Ok(cron) => {
            assert_eq!(cron.to_string(), text.trim());
            assert_eq!(cron.to_string().parse::<CronExpr>(), Ok(cron.clone()));
            let table = Timetable::new(cron, jiff::tz::TimeZone::UTC);
            let now = instant("2026-01-01T00:00:00Z");
            let next = table.next_after(now);
            assert!(next > Some(now), "{text}: {next:?}");
            assert!(table.describe().ends_with(", UTC"));
        }
        Err(error) => {
            let message = error.to_string();
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{message}");
            assert!(message.len() < 500 && !message.contains(char::is_control), "{message:?}");
        }
    }
}

//! When the clocks change.

use super::{instant, ticks, timetable};

/// One change, and what an expression makes of the hours around it.
#[track_caller]
fn case(text: &str, place: &str, after: &str, expected: &[&str]) {
    assert_eq!(ticks(text, place, after, expected.len()), expected, "{text} in {place}");
}

#[test]
fn a_fixed_time_that_is_skipped_comes_once_right_after_the_gap() {
    let eve = "2026-03-08T05:00:00Z";
    let after = "2026-03-08 03:00:00 -04:00";
    case("30 2 * * *", "America/New_York", eve, &[after, "2026-03-09 02:30:00 -04:00"]);
    // All that one gap skips is one tick, and so is what the first instant after it brings anyway.
    case("0,15,30,45 2 * * *", "America/New_York", eve, &[after, "2026-03-09 02:00:00 -04:00"]);
    case("30 2,3 * * *", "America/New_York", eve, &[after, "2026-03-08 03:30:00 -04:00"]);
    case("0 2,3 * * *", "America/New_York", eve, &[after, "2026-03-09 02:00:00 -04:00"]);
    case("0-59 2 * * *", "America/New_York", eve, &[after, "2026-03-09 02:00:00 -04:00"]);
}

#[test]
fn a_fixed_time_that_is_repeated_comes_the_first_time_only() {
    let eve = "2026-11-01T04:30:00Z";
    case(
        "30 1 * * *",
        "America/New_York",
        eve,
        &["2026-11-01 01:30:00 -04:00", "2026-11-02 01:30:00 -05:00"],
    );
    case(
        "15 0-23 * * *",
        "America/New_York",
        eve,
        &["2026-11-01 01:15:00 -04:00", "2026-11-01 02:15:00 -05:00"],
    );
}

#[test]
fn an_interval_follows_the_wall_clock() {
    let spring = "2026-03-08T06:15:00Z";
    case(
        "*/30 * * * *",
        "America/New_York",
        spring,
        &["2026-03-08 01:30:00 -05:00", "2026-03-08 03:00:00 -04:00", "2026-03-08 03:30:00 -04:00"],
    );
    // In the gap nothing is made up for, where the minute or the hour begins with a star.
    case("*/30 2 * * *", "America/New_York", spring, &["2026-03-09 02:00:00 -04:00"]);
    case(
        "30 */2 * * *",
        "America/New_York",
        spring,
        &["2026-03-08 04:30:00 -04:00", "2026-03-08 06:30:00 -04:00"],
    );
    let autumn = "2026-11-01T05:15:00Z";
    case(
        "30 * * * *",
        "America/New_York",
        autumn,
        &["2026-11-01 01:30:00 -04:00", "2026-11-01 01:30:00 -05:00", "2026-11-01 02:30:00 -05:00"],
    );
    case(
        "*/30 1 * * *",
        "America/New_York",
        autumn,
        &["2026-11-01 01:30:00 -04:00", "2026-11-01 01:00:00 -05:00", "2026-11-01 01:30:00 -05:00"],
    );
    // A star makes an interval wherever it stands in the list, if it stands first.
    case("*,30 2 * * *", "America/New_York", spring, &["2026-03-09 02:00:00 -04:00"]);
    case("30,* 2 * * *", "America/New_York", spring, &["2026-03-08 03:00:00 -04:00"]);
}

#[test]
fn the_seconds_field_makes_no_interval() {
    let eve = "2026-03-08T05:00:00Z";
    case(
        "*/20 30 2 * * *",
        "America/New_York",
        eve,
        &[
            "2026-03-08 03:00:00 -04:00",
            "2026-03-09 02:30:00 -04:00",
            "2026-03-09 02:30:20 -04:00",
            "2026-03-09 02:30:40 -04:00",
        ],
    );
    case("*/20 * 2 * * *", "America/New_York", eve, &["2026-03-09 02:00:00 -04:00"]);
}

#[test]
fn changes_of_any_size_and_at_any_hour() {
    // Half an hour.
    case(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-02T20:00:00Z",
        &["2026-10-04 02:30:00 +11:00", "2026-10-05 02:15:00 +11:00"],
    );
    case(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T12:00:00Z",
        &["2026-04-05 01:45:00 +11:00", "2026-04-06 01:45:00 +10:30"],
    );
    // At midnight: the day begins at one.
    case(
        "0 0 * * *",
        "Africa/Cairo",
        "2026-04-23T12:00:00Z",
        &["2026-04-24 01:00:00 +03:00", "2026-04-25 00:00:00 +03:00"],
    );
    // Back over midnight: the day before is entered again.
    case(
        "30 23 * * *",
        "Africa/Cairo",
        "2026-10-29T12:00:00Z",
        &["2026-10-29 23:30:00 +03:00", "2026-10-30 23:30:00 +02:00"],
    );
    // Two hours.
    case(
        "30 1,2 * * *",
        "Antarctica/Troll",
        "2026-03-29T00:00:00Z",
        &["2026-03-29 03:00:00 +02:00", "2026-03-30 01:30:00 +02:00"],
    );
    // Summer time that is the standard, winter time that goes back from it.
    case(
        "30 1 * * *",
        "Europe/Dublin",
        "2026-03-28T12:00:00Z",
        &["2026-03-29 02:00:00 +01:00", "2026-03-30 01:30:00 +01:00"],
    );
    case(
        "30 2 * * *",
        "Africa/Casablanca",
        "2026-03-21T12:00:00Z",
        &["2026-03-22 03:00:00 +01:00", "2026-03-23 02:30:00 +01:00"],
    );
}

#[test]
fn a_day_that_a_zone_skips_whole_is_made_up_for() {
    case(
        "0 12 * * *",
        "Pacific/Apia",
        "2011-12-29T12:00:00Z",
        &["2011-12-29 12:00:00 -10:00", "2011-12-31 00:00:00 +14:00", "2011-12-31 12:00:00 +14:00"],
    );
    case("0 0 30 12 *", "Pacific/Apia", "2011-06-01T00:00:00Z", &["2011-12-31 00:00:00 +14:00"]);
    case(
        "0 * * * *",
        "Pacific/Apia",
        "2011-12-30T08:30:00Z",
        &["2011-12-29 23:00:00 -10:00", "2011-12-31 00:00:00 +14:00"],
    );
    // A day that came twice.
    case(
        "0 12 * * *",
        "Pacific/Kwajalein",
        "1969-09-29T12:00:00Z",
        &["1969-09-30 12:00:00 +11:00", "1969-10-01 12:00:00 -12:00"],
    );
}

#[test]
fn the_last_tick_looks_back_over_changes() {
    let table = timetable("45 1 * * *", "America/New_York");
    let last = |after, at| table.last_in(instant(after), instant(at));
    let first_pass = Some(instant("2026-11-01T05:45:00Z"));
    // Within the second pass, before and after the time that is shown again.
    for at in ["2026-11-01T05:45:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:20:00Z", "2026-11-01T06:50:00Z"]
    {
        assert_eq!(last("2020-01-01T00:00:00Z", at), first_pass, "{at}");
    }
    assert_eq!(last("2026-11-01T05:45:00Z", "2026-11-02T06:44:59Z"), None);
    let table = timetable("30 2 * * *", "America/New_York");
    let made_up = instant("2026-03-08T07:00:00Z");
    assert_eq!(
        table.last_in(instant("2026-03-01T00:00:00Z"), instant("2026-03-08T07:00:00Z")),
        Some(made_up)
    );
    assert_eq!(table.last_in(instant("2026-03-07T08:00:00Z"), instant("2026-03-08T06:59:59Z")), None);
}

#[test]
fn an_interval_that_a_zone_always_skips_never_comes_and_ends_the_search() {
    let table = timetable("*/5 2 8-14 3 */7", "America/New_York");
    assert_eq!(table.next_after(instant("2026-01-01T00:00:00Z")), None);
    assert_eq!(table.last_in(instant("2010-01-01T00:00:00Z"), instant("2026-01-01T00:00:00Z")), None);
    assert_eq!(table.between(instant("2010-01-01T00:00:00Z"), instant("2026-01-01T00:00:00Z"), 5), []);
    // The same as fixed times comes every year.
    case("30 2 8-14 3 */7", "America/New_York", "2026-01-01T00:00:00Z", &["2026-03-08 03:00:00 -04:00"]);
}

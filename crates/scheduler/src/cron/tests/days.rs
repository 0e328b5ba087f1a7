//! Which days match, and the ends of the calendar.

use checkmate_domain::Timestamp;

use super::{instant, ticks, timetable};

/// The next days on which an expression ticks.
fn days(text: &str, after: &str, count: usize) -> String {
    let days = ticks(text, "UTC", after, count);
    days.iter().map(|tick| &tick[..10]).collect::<Vec<_>>().join(" ")
}

#[test]
fn dates_and_weekdays_are_joined_as_in_vixie_cron() {
    for (text, expected) in [
        // Neither begins with a star: one is enough.
        ("0 0 13 * fri", "2026-01-02 2026-01-09 2026-01-13 2026-01-16"),
        ("0 0 1,15 * 1", "2026-01-05 2026-01-12 2026-01-15 2026-01-19"),
        ("0 0 1-31/2 * sat", "2026-01-03 2026-01-05 2026-01-07 2026-01-09"),
        ("0 0 13,* * fri", "2026-01-02 2026-01-03 2026-01-04 2026-01-05"),
        ("0 0 30 2 mon", "2026-02-02 2026-02-09 2026-02-16 2026-02-23"),
        // One begins with a star: both.
        ("0 0 */2 * sat", "2026-01-03 2026-01-17 2026-01-31 2026-02-07"),
        ("0 0 13 * */5", "2026-02-13 2026-03-13 2026-09-13 2026-11-13"),
        ("0 0 *,13 * fri", "2026-01-02 2026-01-09 2026-01-16 2026-01-23"),
        ("0 0 8-14 * */7", "2026-01-11 2026-02-08 2026-03-08 2026-04-12"),
        ("0 0 * * fri", "2026-01-02 2026-01-09 2026-01-16 2026-01-23"),
        ("0 0 31 * *", "2026-01-31 2026-03-31 2026-05-31 2026-07-31"),
    ] {
        assert_eq!(days(text, "2026-01-01T12:00:00Z", 4), expected, "{text}");
    }
}

#[test]
fn a_leap_day_is_found_over_centuries() {
    assert_eq!(days("0 0 29 2 *", "2026-01-01T00:00:00Z", 3), "2028-02-29 2032-02-29 2036-02-29");
    assert_eq!(days("0 0 29 2 *", "2096-03-01T00:00:00Z", 2), "2104-02-29 2108-02-29");
    // On a Sunday, and over a year 2100 that has none.
    assert_eq!(days("0 0 29 2 */7", "2032-03-01T00:00:00Z", 3), "2060-02-29 2088-02-29 2128-02-29");
    let table = timetable("0 0 29 2 */7", "Europe/Berlin");
    let last = table.last_in(instant("1990-01-01T00:00:00Z"), instant("2032-02-28T00:00:00Z"));
    assert_eq!(last, Some(instant("2004-02-28T23:00:00Z")));
}

#[test]
fn the_ends_of_time_are_no_trap() {
    for text in ["* * * * *", "30 2 * * *", "0 0 29 2 *", "*/5 2 8-14 3 */7"] {
        for place in ["UTC", "America/New_York", "Asia/Kathmandu"] {
            let table = timetable(text, place);
            let (least, most) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
            assert_eq!(table.next_after(most), None, "{text}");
            assert!(table.next_after(least) < Some(instant("0000-01-01T00:00:00Z")), "{text}");
            assert!(table.last_in(least, most) > Some(instant("2000-01-01T00:00:00Z")), "{text}");
            assert_eq!(table.last_in(most, least), None);
            assert_eq!(table.between(least, least, 5), []);
            let last = instant("9999-12-30T22:00:00Z");
            assert_eq!(table.next_after(last), None, "{text}");
        }
    }
}

#[test]
fn a_tick_is_strictly_after_and_on_the_second() {
    let table = timetable("* * * * * *", "UTC");
    for (after, next) in [(0, 1_000), (1, 1_000), (999, 1_000), (1_000, 2_000), (-1, 0), (-1_000, 0)] {
        let next = Some(Timestamp::from_millis(next));
        assert_eq!(table.next_after(Timestamp::from_millis(after)), next, "{after}");
    }
    let last = |after, at| table.last_in(Timestamp::from_millis(after), Timestamp::from_millis(at));
    assert_eq!(last(0, 999), None);
    assert_eq!(last(-1, 999), Some(Timestamp::from_millis(0)));
    assert_eq!(last(0, 1_000), Some(Timestamp::from_millis(1_000)));
    assert_eq!(last(1_000, 1_000), None);
}

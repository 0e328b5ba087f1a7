//! Nothing is searched minute by minute. The bounds are wide: they tell a search from a look-up, on any machine.

use std::time::{Duration, Instant};

use checkmate_domain::Timestamp;

use super::{instant, timetable};

const NOW: &str = "2026-03-01T00:00:00Z";

fn took<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed()
}

#[test]
fn a_thousand_timetables_know_their_next_tick_at_once() {
    let places = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Casablanca", "UTC"];
    let tables: Vec<_> = (0..1_000)
        .map(|n| timetable(&format!("{} {} * * {}", n % 60, n % 24, n % 7), places[n % places.len()]))
        .collect();
    let now = instant(NOW);
    let each = took(|| tables.iter().filter_map(|table| table.next_after(now)).count());
    assert!(each < Duration::from_millis(200), "{each:?} for a thousand");
}

#[test]
fn what_is_rare_or_never_comes_is_no_long_search() {
    let now = instant(NOW);
    for (text, place) in [
        ("0 0 29 2 */7", "America/New_York"),
        ("0 0 */100,29 2 *", "Europe/Berlin"),
        ("0 0 29 2 1", "UTC"),
        ("*/5 2 8-14 3 */7", "America/New_York"),
        ("59 59 23 31 12 */6", "Pacific/Chatham"),
    ] {
        let table = timetable(text, place);
        let one = took(|| table.next_after(now));
        assert!(one < Duration::from_millis(100), "{text}: {one:?}");
    }
}

#[test]
fn the_last_of_a_years_seconds_is_not_searched_for() {
    let table = timetable("* * * * * *", "Europe/Berlin");
    let (year_ago, now) = (instant("2025-03-01T00:00:00Z"), instant(NOW));
    let last = took(|| assert_eq!(table.last_in(year_ago, now), Some(now)));
    assert!(last < Duration::from_millis(50), "{last:?}");
    let rare = timetable("0 0 29 2 */7", "Europe/Berlin");
    let none = took(|| {
        assert!(rare.last_in(Timestamp::from_millis(i64::MIN), instant("1700-01-01T00:00:00Z")).is_some());
    });
    assert!(none < Duration::from_millis(100), "{none:?}");
}

//! 60 expressions in 20 zones from 2024 to 2030, against brute force: every minute of the seven years, and for expressions
//! with seconds every second of the week around each change of the clocks.
//!
//! Brute force shares nothing with the module but the zone's offset at an instant: it has its own reading of expressions
//! (`tables.rs`), its own calendar, and it walks through time (`walk.rs`) with Vixie cron's idea of a clock that catches up.
//! All expressions are walked at once, one bit each, and loops are plain: this must be quick in a debug build too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "seconds of seven years, and the places they have in tables"
)]

#[path = "cron_brute_force/tables.rs"]
mod tables;
#[path = "cron_brute_force/walk.rs"]
mod walk;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use checkmate_domain::Timestamp;
use checkmate_scheduler::cron::{Timetable, zone};
use tables::Tables;
use walk::{Offsets, Walk};

/// Of the differences that are found, this many are shown.
const SHOWN: usize = 20;

const ZONES: [&str; 20] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Los_Angeles",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "UTC",
];

const EXPRESSIONS: [&str; 60] = [
    // Fixed times around the hours at which clocks change.
    "30 2 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "0 0 * * *",
    "59 23 * * *",
    "15,45 1 * * *",
    "0,30 2 * * *",
    "0 2,3 * * *",
    "15 0-23 * * *",
    "0-59 1-3 * * *",
    "5-55/10 0-4 * * *",
    "10/15 0/6 * * *",
    "10,* 3 * * *",
    "@daily",
    "@weekly",
    // Dates and weekdays: one of them, or both.
    "0 4 8-14 * *",
    "0 0 29 2 *",
    "0 0 1 1 *",
    "0 0 31 * *",
    "0 0 31 1-12/2 *",
    "30 2 13 * fri",
    "0 0 1,15 * mon",
    "30 1 */2 * sat",
    "0 12 1-31/2 * sat",
    "0 12 * * */2",
    "30 2 */7 * */3",
    "0 6 * * 1-5",
    "0 6 * * MON-FRI",
    "45 2 * 3,10,11 sun",
    "30 2 25-31 3,10 7",
    "30 2 */1 Mar,oct 0",
    "0 22 * * fri-mon",
    "30 0 1 jan,jul 3",
    "30 2 29 2 mon",
    "0 0 29 2 */2",
    "0 0 30 2 mon",
    "15 2 1-7 * */7",
    "15 2 8-14 3 */7",
    // Intervals.
    "*/15 2 8-14 3 */7",
    "* * * * *",
    "*/5 * * * *",
    "*/7 0-5 * * *",
    "* 2 * * *",
    "*/20 1,2 * * *",
    "*,10 3 * * *",
    "30 */2 * * *",
    "0 */3 * * sun",
    "@hourly",
    // With seconds.
    "0 30 2 * * *",
    "*/10 30 2 * * *",
    "15,45 59 1 * * *",
    "30 * * * * *",
    "* * 1-3 * * *",
    "*/7 */15 0-4 * * *",
    "0 0 * * * *",
    "59 59 23 * * *",
    "5-10 0 0-23 * * sun",
    "0-59/30 0-59 2 * * *",
    "20 0,30 */2 */2 * sat",
    "*/59 30 1-2 1-7 * 0",
];

#[test]
fn no_tick_differs_from_brute_force() {
    let tables = Tables::of(&EXPRESSIONS);
    let next = AtomicUsize::new(0);
    let (differences, ticks) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(place) = ZONES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut seen = Comparison { place, differences: Vec::new(), ticks: 0 };
                    seen.compare(&tables);
                    ticks.fetch_add(seen.ticks, Ordering::Relaxed);
                    differences.lock().unwrap().append(&mut seen.differences);
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    let shown = &differences[..differences.len().min(SHOWN)];
    assert!(differences.is_empty(), "{} differences:\n  {}", differences.len(), shown.join("\n  "));
    // The comparison has compared something.
    let ticks = ticks.into_inner();
    assert!(ticks > 90_000_000, "only {ticks} ticks");
}

/// One zone under comparison.
struct Comparison {
    place: &'static str,
    differences: Vec<String>,
    ticks: usize,
}

impl Comparison {
    fn compare(&mut self, tables: &Tables) {
        let place = zone(self.place).unwrap();
        let tables_of = |expression: &str| Timetable::new(expression.parse().unwrap(), place.clone());
        let timetables: Vec<Timetable> = EXPRESSIONS.iter().map(|expression| tables_of(expression)).collect();
        let offsets = Offsets::of(&place);
        let whole = Walk { tables, offsets: &offsets, only: !tables.with_seconds };
        self.span(&timetables, &whole, offsets.start(), offsets.end());
        for week in offsets.weeks() {
            let seconds = Walk { only: tables.with_seconds, ..whole };
            self.span(&timetables, &seconds, week.start, week.end);
        }
        for at in offsets.changes() {
            self.around(&timetables, at);
        }
    }

    /// Compares the ticks of a span, start included and end not.
    fn span(&mut self, timetables: &[Timetable], walk: &Walk<'_>, start: i64, end: i64) {
        let told: Vec<Vec<Timestamp>> = timetables
            .iter()
            .enumerate()
            .map(|(index, table)| match walk.only >> index & 1 {
                1 => table.between(millis(start, -1), millis(end, -1), usize::MAX),
                _ => Vec::new(),
            })
            .collect();
        let mut position = [0; EXPRESSIONS.len()];
        walk.through(start, end, |second, mut due| {
            while due != 0 {
                let index = due.trailing_zeros() as usize;
                due &= due - 1;
                if told[index].get(position[index]) != Some(&millis(second, 0)) {
                    self.differ(index, millis(second, 0), told[index].get(position[index]));
                }
                position[index] += 1;
            }
        });
        for (index, told) in told.iter().enumerate() {
            self.ticks += position[index];
            if told.len() > position[index] {
                self.differ(index, millis(end, 0), told.get(position[index]));
            }
        }
    }

    /// One tick alone, forwards and backwards, from many instants around a change.
    fn around(&mut self, timetables: &[Timetable], change: i64) {
        for (index, table) in timetables.iter().enumerate() {
            let (start, end) = (millis(change - 86_400, -1), millis(change + 86_400, 0));
            let all = table.between(start, end, usize::MAX);
            for step in -40..40 {
                let at = millis(change + step * 407, step);
                let passed = all.partition_point(|tick| *tick <= at);
                if all.get(passed).is_some_and(|next| table.next_after(at) != Some(*next)) {
                    self.differ(index, at, all.get(passed));
                }
                let last = passed.checked_sub(1).map(|last| all[last]);
                if table.last_in(start, at) != last {
                    self.differ(index, at, last.as_ref());
                }
            }
        }
    }

    fn differ(&mut self, index: usize, expected: Timestamp, told: Option<&Timestamp>) {
        if self.differences.len() < SHOWN {
            let told = told.map_or("none".to_owned(), Timestamp::to_string);
            self.differences.push(format!(
                "{} in {}: expected {expected}, was told {told}",
                EXPRESSIONS[index], self.place
            ));
        }
    }
}

fn millis(second: i64, more: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000 + more)
}

//! What the module promises, rule by rule. The comparison with brute force is in `tests/cron_brute_force.rs` of this crate.

mod changes;
mod days;
mod laws;
mod parsing;
mod speed;
mod telling;

use checkmate_domain::Timestamp;

use super::{CronExpr, Timetable, zone};

fn cron(text: &str) -> CronExpr {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn timetable(text: &str, place: &str) -> Timetable {
    Timetable::new(cron(text), zone(place).unwrap())
}

fn instant(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_millis(at.as_millisecond())
}

/// The ticks after an instant, as wall clock and offset.
fn ticks(text: &str, place: &str, after: &str, count: usize) -> Vec<String> {
    let table = timetable(text, place);
    let ticks = table.between(instant(after), Timestamp::from_millis(i64::MAX), count);
    ticks.into_iter().map(|tick| on_the_wall(tick, &table)).collect()
}

fn on_the_wall(tick: Timestamp, table: &Timetable) -> String {
    let at = jiff::Timestamp::from_millisecond(tick.as_millis()).unwrap();
    let at = at.to_zoned_datetime(table.zone().clone());
    at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

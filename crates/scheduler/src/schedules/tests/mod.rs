//! What is due, as tables and as laws.

mod announcing;
mod laws;
mod tables;

use std::time::Duration;

use checkmate_domain::{Lane, Missed, Overlap, ScheduleName, Scope, Timestamp};
use checkmate_store::schedules::ScheduleState;

use super::{Next, ScheduleSpec, announced, next, timetable_in_force};
use crate::cron::{Timetable, zone};

/// 2026-03-01T00:00:00Z, the beginning of every test.
const BEGIN: i64 = 1_772_323_200;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis((BEGIN + second) * 1_000)
}

fn timetable(cron: &str) -> Timetable {
    Timetable::new(cron.parse().unwrap(), zone("UTC").unwrap())
}

fn spec(cron: &str) -> ScheduleSpec {
    ScheduleSpec {
        name: ScheduleName::new("nightly").unwrap(),
        timetable: timetable(cron),
        scope: Scope::Export("acme".to_owned()),
        lane: Lane::Bulk,
        overlap: Overlap::Allow,
        missed: Missed::Latest,
        window: Duration::from_secs(86_400),
        jitter: Duration::ZERO,
    }
}

/// A schedule first seen at the beginning.
fn new(spec: &ScheduleSpec) -> ScheduleState {
    announced(spec, None, at(0), at(0)).unwrap()
}

/// Everything that is done at a moment, with scans that run or not: what fired, in order.
fn settle(spec: &ScheduleSpec, state: &mut ScheduleState, now: Timestamp, running: bool) -> Vec<Timestamp> {
    let (mut fired, mut asked) = (Vec::new(), None);
    for _ in 0..10_000 {
        match next(spec, &timetable_in_force(spec, state), state, now, asked) {
            Next::Wait(_) => return fired,
            Next::AskScan => asked = Some(running || !fired.is_empty()),
            Next::Step(step) => {
                *state = step.state;
                fired.extend(step.fire);
                asked = None;
            }
        }
    }
    panic!("there is always something to do: {state:?}");
}

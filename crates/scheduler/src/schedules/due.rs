//! What is to be done with a schedule now, as a pure function. Each tick is decided once, in order: it makes a scan, or it
//! is noted with the reason why it made none.

use std::time::Duration;

use checkmate_domain::hash::derive;
use checkmate_domain::{Missed, Overlap, ScanId, ScheduleName, Timestamp};
use checkmate_store::schedules::{ScheduleState, SkipReason, Skipped};

use super::spec::ScheduleSpec;
use crate::cron::Timetable;

/// A tick that is decided later than this after its time (and its jitter) was missed.
pub const GRACE: Duration = Duration::from_mins(1);

/// Notes of skipped ticks that are kept.
const KEPT: usize = 5;
/// Before it is looked again whether a scan is over that a tick waits for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until this time; never by itself when there is none.
    Wait(Option<Timestamp>),
    /// Somebody must look whether the last scan is still running.
    AskScan,
    /// Write this.
    Step(Box<Step>),
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the schedule stands then.
    pub state: ScheduleState,
    /// The tick that makes a scan.
    pub fire: Option<Timestamp>,
}

/// What is to be done with a schedule now. `table` is that of its definition in force; `running`: whether the scan of the
/// last tick that made one is not final, `None` while nobody looked.
#[must_use]
pub fn next(
    spec: &ScheduleSpec,
    table: &Timetable,
    state: &ScheduleState,
    now: Timestamp,
    running: Option<bool>,
) -> Next {
    if state.paused.is_some() || state.removed.is_some() {
        return Next::Wait(None);
    }
    let look = Look { spec, table, state, now, running };
    look.waiting()
        .or_else(|| look.too_old())
        .or_else(|| look.missed())
        .or_else(|| look.in_time())
        .or_else(|| look.edit())
        .unwrap_or_else(|| Next::Wait(look.wake()))
}

/// When a tick makes its scan: its own fixed share of the jitter later.
#[must_use]
pub fn due_at(spec: &ScheduleSpec, tick: Timestamp) -> Timestamp {
    if spec.jitter.is_zero() {
        return tick;
    }
    let hash = derive("checkmate.jitter.v1", &[spec.name.as_str(), &tick.as_millis().to_string()], 8);
    let share = u32::from_str_radix(&hash, 16).unwrap_or(0);
    tick.plus(spec.jitter.mul_f64(f64::from(share) / (f64::from(u32::MAX) + 1.0)))
}

/// The one scan of a tick, whoever fires it.
#[must_use]
pub fn scan_of(name: &ScheduleName, tick: Timestamp) -> ScanId {
    ScanId::derived(&["schedule", name.as_str(), &tick.as_millis().to_string()])
}

struct Look<'a> {
    spec: &'a ScheduleSpec,
    table: &'a Timetable,
    state: &'a ScheduleState,
    now: Timestamp,
    running: Option<bool>,
}

impl Look<'_> {
    /// The last moment whose ticks are the definition's in force.
    fn bound(&self) -> Timestamp {
        self.state.edits.first().map_or(self.now, |edit| edit.since.min(self.now))
    }

    /// Ticks up to here were missed.
    fn late(&self) -> Timestamp {
        self.now.minus(GRACE.saturating_add(self.spec.jitter).saturating_add(Duration::from_millis(1)))
    }

    /// Ticks up to here are not made up for.
    fn oldest(&self) -> Timestamp {
        self.late().min(self.now.minus(self.spec.window))
    }

    /// Whether a tick meets a scan that is running.
    fn busy(&self) -> Option<bool> {
        match self.spec.overlap {
            Overlap::Allow => Some(false),
            Overlap::Skip | Overlap::Queue if self.state.last_scan.is_none() => Some(false),
            Overlap::Skip | Overlap::Queue => self.running,
        }
    }

    fn waiting(&self) -> Option<Next> {
        let tick = self.state.waiting?;
        let free = ScheduleState { waiting: None, ..self.state.clone() };
        if tick <= self.oldest() {
            return Some(step(skip(free, tick, tick, SkipReason::TooOld)));
        }
        match self.busy() {
            None => Some(Next::AskScan),
            Some(true) => None,
            Some(false) => Some(self.fire(free, tick)),
        }
    }

    fn too_old(&self) -> Option<Next> {
        self.skip_until(self.bound().min(self.oldest()), SkipReason::TooOld)
    }

    fn missed(&self) -> Option<Next> {
        let until = self.bound().min(self.late());
        match self.spec.missed {
            Missed::All => None,
            Missed::Skip => self.skip_until(until, SkipReason::Missed),
            Missed::Latest => {
                let latest = self.table.last_in(self.state.handled_until, until)?;
                self.skip_until(latest.minus(Duration::from_millis(1)), SkipReason::Missed)
            }
        }
    }

    /// Skips every tick that is not decided, up to a time.
    fn skip_until(&self, until: Timestamp, why: SkipReason) -> Option<Next> {
        let last = self.table.last_in(self.state.handled_until, until)?;
        let first = self.table.next_after(self.state.handled_until)?;
        let state = ScheduleState { handled_until: last, ..self.state.clone() };
        Some(step(skip(state, first, last, why)))
    }

    fn in_time(&self) -> Option<Next> {
        let tick = self.table.next_after(self.state.handled_until)?;
        if tick > self.bound() || due_at(self.spec, tick) > self.now {
            return None;
        }
        let state = ScheduleState { handled_until: tick, ..self.state.clone() };
        match self.busy() {
            None => Some(Next::AskScan),
            Some(false) => Some(self.fire(state, tick)),
            Some(true) if self.spec.overlap == Overlap::Queue => {
                let state = match state.waiting {
                    Some(before) => skip(state, before, before, SkipReason::Replaced),
                    None => state,
                };
                Some(step(ScheduleState { waiting: Some(tick), ..state }))
            }
            Some(true) => Some(step(skip(state, tick, tick, SkipReason::Overlap))),
        }
    }

    /// Lets the next definition take over when every tick before it is decided.
    fn edit(&self) -> Option<Next> {
        let edit = self.state.edits.first()?;
        let owed = self.table.next_after(self.state.handled_until).is_some_and(|tick| tick <= edit.since);
        if owed || edit.since > self.now {
            return None;
        }
        let mut state = self.state.clone();
        state.in_force = state.edits.remove(0);
        state.handled_until = state.handled_until.max(state.in_force.since);
        Some(step(state))
    }

    fn fire(&self, state: ScheduleState, tick: Timestamp) -> Next {
        let last_scan = Some(scan_of(&self.spec.name, tick));
        let state = ScheduleState { last_tick: Some(tick), last_scan, ..state };
        Next::Step(Box::new(Step { state, fire: Some(tick) }))
    }

    fn wake(&self) -> Option<Timestamp> {
        let tick = self.table.next_after(self.state.handled_until).map(|tick| due_at(self.spec, tick));
        let edit = self.state.edits.first().map(|edit| edit.since).filter(|since| *since > self.now);
        let waiting = self.state.waiting.map(|_| self.now.plus(LOOK_AGAIN));
        [tick, edit, waiting].into_iter().flatten().min()
    }
}

fn step(state: ScheduleState) -> Next {
    Next::Step(Box::new(Step { state, fire: None }))
}

fn skip(mut state: ScheduleState, first: Timestamp, last: Timestamp, why: SkipReason) -> ScheduleState {
    state.skipped.insert(0, Skipped { first, last, why });
    state.skipped.truncate(KEPT);
    state
}

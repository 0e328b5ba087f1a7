//! What a configuration that was loaded changes: new schedules, edited ones, and such as are back.

use checkmate_domain::Timestamp;
use checkmate_store::schedules::{Definition, ScheduleState};

use super::spec::ScheduleSpec;

/// Edits that wait are at most so many; more than one waits only while nobody leads or the schedule is paused.
const MOST_EDITS: usize = 16;

/// The state that a schedule of a configuration loaded at `loaded` asks for; `None` when there is nothing to change: it
/// stands so already, or a configuration that was loaded later says otherwise.
///
/// An edit takes over after the ticks before it: they are the old expression's. Of the new one no tick before it is owed.
#[must_use]
pub fn announced(
    spec: &ScheduleSpec,
    known: Option<&ScheduleState>,
    loaded: Timestamp,
    now: Timestamp,
) -> Option<ScheduleState> {
    let from = |since| Definition {
        cron: spec.timetable.cron().to_string(),
        zone: zone_name(spec).to_owned(),
        since,
        loaded,
    };
    let Some(known) = known else { return Some(fresh(from(now), now)) };
    let mut state = known.clone();
    if state.removed.take().is_some() {
        let since = now.max(state.handled_until);
        return Some(ScheduleState {
            in_force: from(since),
            edits: Vec::new(),
            handled_until: since,
            waiting: None,
            ..state
        });
    }
    let latest = state.edits.last().unwrap_or(&state.in_force);
    let same = latest.cron == spec.timetable.cron().to_string() && latest.zone == zone_name(spec);
    if same || loaded <= latest.loaded {
        return None;
    }
    let mut since = now.max(state.handled_until).max(latest.since);
    if state.edits.len() >= MOST_EDITS
        && let Some(never) = state.edits.pop()
    {
        since = never.since;
    }
    state.edits.push(from(since));
    Some(state)
}

fn fresh(in_force: Definition, now: Timestamp) -> ScheduleState {
    ScheduleState {
        in_force,
        edits: Vec::new(),
        handled_until: now,
        paused: None,
        waiting: None,
        last_tick: None,
        last_scan: None,
        skipped: Vec::new(),
        removed: None,
    }
}

/// The name under which [`zone`](crate::cron::zone) finds it again.
pub(super) fn zone_name(spec: &ScheduleSpec) -> &str {
    spec.timetable.zone().iana_name().unwrap_or("UTC")
}

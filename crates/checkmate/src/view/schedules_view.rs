//! Schedules: how each stands, in a few lines.

use std::fmt::Write;

use checkmate_domain::{ScanId, ScheduleName, Timestamp};
use checkmate_scheduler::schedules::{ScheduleSpec, due_at, timetable_in_force};
use checkmate_store::ScanRecord;
use checkmate_store::schedules::{Paused, ScheduleState};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::view::ticks_view::{Tick, TicksView};
use crate::view::{Paint, Show, count, plain};

/// A time is late when its scan is not there so long after it, in milliseconds.
const LATE: i64 = 5_000;

/// One schedule.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleView {
    /// The version of this form.
    pub schema: &'static str,
    /// Its name in the configuration.
    pub name: ScheduleName,
    /// What it scans.
    pub scope: String,
    /// Whether it fires.
    pub state: StateWord,
    /// Who paused it and when.
    pub paused: Option<Paused>,
    /// The expression whose ticks count now.
    pub cron: String,
    /// What it means, in plain language.
    pub meaning: String,
    /// Its next tick; none while it is paused.
    pub next: Option<Tick>,
    /// Its last tick that made a scan.
    pub last: Option<LastRun>,
    /// A tick that waits for the scan of an earlier one.
    pub waiting: Option<Tick>,
    /// The last ticks that made none.
    pub skipped: Option<SkippedView>,
}

/// Whether a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateWord {
    /// At its times.
    On,
    /// A tick should have been decided and was not.
    Late,
    /// Somebody paused it.
    Paused,
    /// It is configured, and no scheduler told of it yet.
    NotSeen,
}

impl StateWord {
    const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Late => "late",
            Self::Paused => "paused",
            Self::NotSeen => "not seen by a scheduler yet",
        }
    }
}

/// A tick and its scan.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LastRun {
    /// The tick.
    pub tick: Tick,
    /// Its scan.
    pub scan: Option<ScanId>,
    /// How that ended, or how far it is.
    pub result: String,
}

/// Ticks in a row that made no scan.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SkippedView {
    /// The first of them.
    pub first: Tick,
    /// The last of them.
    pub last: Tick,
    /// Why.
    pub why: &'static str,
}

impl ScheduleView {
    /// As it stands now; `last` is the scan of its last tick.
    #[must_use]
    pub fn new(
        spec: &ScheduleSpec,
        state: Option<&ScheduleState>,
        last: Option<&ScanRecord>,
        now: Timestamp,
    ) -> Self {
        let table = state.map_or_else(|| spec.timetable.clone(), |state| timetable_in_force(spec, state));
        let tick = |at: Timestamp| tick_of(at, table.zone());
        let paused = state.and_then(|state| state.paused.clone());
        let undecided = state.and_then(|state| table.next_after(state.handled_until));
        let is_late = undecided.is_some_and(|at| now.as_millis() - due_at(spec, at).as_millis() > LATE);
        let next = if paused.is_some() { None } else { table.next_after(now) };
        let last_tick = state.and_then(|state| state.last_tick);
        let skipped = state.and_then(|state| state.skipped.first()).and_then(|skipped| {
            let (first, last) = (tick(skipped.first)?, tick(skipped.last)?);
            Some(SkippedView { first, last, why: skipped.why.as_str() })
        });
        Self {
            schema: "checkmate.schedule/1",
            name: spec.name.clone(),
            scope: spec.scope.to_string(),
            state: match state {
                None => StateWord::NotSeen,
                Some(_) if paused.is_some() => StateWord::Paused,
                Some(_) if is_late => StateWord::Late,
                Some(_) => StateWord::On,
            },
            paused,
            cron: table.cron().to_string(),
            meaning: table.describe(),
            next: next.and_then(tick),
            last: last_tick.and_then(tick).map(|tick| LastRun {
                tick,
                scan: last.map(|scan| scan.id.clone()),
                result: last.map_or_else(|| "its scan is no longer kept".to_owned(), result),
            }),
            waiting: state.and_then(|state| state.waiting).and_then(tick),
            skipped,
        }
    }
}

fn tick_of(at: Timestamp, zone: &TimeZone) -> Option<Tick> {
    TicksView::new("", zone, String::new(), &[at]).ticks.pop()
}

fn result(scan: &ScanRecord) -> String {
    let number = |number: u64, what: &str| count(usize::try_from(number).unwrap_or(usize::MAX), what);
    let jobs = number(scan.total, "job");
    if scan.state.is_final() {
        let new = number(scan.opened, "new finding");
        format!("{}, {new}, {} resolved, {jobs}", scan.state, scan.resolved)
    } else {
        format!("{}, {} of {jobs} done", scan.state, scan.done)
    }
}

/// For people.
#[must_use]
pub fn list(schedules: &[ScheduleView], show: Show<'_>) -> String {
    let Show { program, color } = show;
    if schedules.is_empty() {
        return "no schedules are configured: add [schedules.NAME] with cron and scope to the configuration\n"
            .to_owned();
    }
    let paint = Paint(color);
    let mut text = String::new();
    for schedule in schedules {
        let word = schedule.state.as_str();
        let word = if schedule.state == StateWord::On { paint.dim(word) } else { paint.warn(word) };
        let name = paint.bold(&plain(schedule.name.as_str(), 60));
        let _ = writeln!(text, "{name}  {word}  {}", plain(&schedule.scope, 60));
        lines(&mut text, schedule, paint);
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "next: {program} schedule next NAME | {program} schedule pause NAME | {program} schedule run NAME"
    );
    text
}

fn lines(text: &mut String, schedule: &ScheduleView, paint: Paint) {
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {word:<9}{what}");
    };
    let both = |tick: &Tick| format!("{}   {}", tick.local, paint.dim(&tick.utc));
    line("means", &format!("{}   {}", schedule.meaning, paint.dim(&schedule.cron)));
    if let Some(paused) = &schedule.paused {
        line("paused", &format!("since {} by {}", paused.at, plain(&paused.by, 60)));
    }
    if let Some(next) = &schedule.next {
        line("next", &both(next));
    }
    if let Some(waiting) = &schedule.waiting {
        line("waiting", &format!("{}: an earlier scan is running", both(waiting)));
    }
    match &schedule.last {
        Some(last) => {
            line("last", &both(&last.tick));
            let scan = last.scan.as_ref().map_or_else(String::new, |scan| {
                let short: String = scan.as_str().chars().take(10).collect();
                format!("   {}", paint.dim(&format!("scan {short}")))
            });
            line("", &format!("{}{scan}", last.result));
        }
        None => line("last", "never"),
    }
    if let Some(skipped) = &schedule.skipped {
        let span = if skipped.first == skipped.last {
            skipped.last.local.clone()
        } else {
            format!("{} to {}", skipped.first.local, skipped.last.local)
        };
        line("skipped", &format!("{span}: {}", skipped.why));
    }
}

/// What a command changed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The version of this form.
    pub schema: &'static str,
    /// Which schedule.
    pub name: ScheduleName,
    /// The pause that holds it now.
    pub paused: Option<Paused>,
}

impl Changed {
    /// It is paused.
    #[must_use]
    pub fn paused(name: &ScheduleName, by: String, at: Timestamp) -> Self {
        Self { schema: "checkmate.schedule-changed/1", name: name.clone(), paused: Some(Paused { by, at }) }
    }

    /// It goes on.
    #[must_use]
    pub fn resumed(name: &ScheduleName) -> Self {
        Self { schema: "checkmate.schedule-changed/1", name: name.clone(), paused: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use checkmate_domain::{Lane, Missed, Overlap, Scope};
    use checkmate_scheduler::cron::{Timetable, zone};
    use checkmate_scheduler::schedules::announced;
    use checkmate_store::schedules::{SkipReason, Skipped};

    const SHOW: Show<'_> = Show { program: "checkmate", color: false };

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(at.as_millisecond())
    }

    fn spec() -> ScheduleSpec {
        ScheduleSpec {
            name: ScheduleName::new("nightly").unwrap(),
            timetable: Timetable::new("30 2 * * *".parse().unwrap(), zone("Europe/Berlin").unwrap()),
            scope: Scope::Export("acme".to_owned()),
            lane: Lane::Bulk,
            overlap: Overlap::Skip,
            missed: Missed::Latest,
            window: Duration::from_secs(86_400),
            jitter: Duration::ZERO,
        }
    }

    #[test]
    fn a_schedule_tells_what_a_person_asks() {
        let (spec, now) = (spec(), at("2026-03-02T12:00:00Z"));
        let begun = at("2026-03-02T11:00:00Z");
        let state = ScheduleState {
            last_tick: Some(at("2026-03-02T01:30:00Z")),
            skipped: vec![Skipped {
                first: at("2026-02-27T01:30:00Z"),
                last: at("2026-03-01T01:30:00Z"),
                why: SkipReason::Missed,
            }],
            ..announced(&spec, None, begun, begun).unwrap()
        };
        let view = ScheduleView::new(&spec, Some(&state), None, now);
        let text = list(std::slice::from_ref(&view), SHOW);
        for part in [
            "nightly  on  export:acme\n",
            "  means    at 02:30 every day, Europe/Berlin time   30 2 * * *\n",
            "  next     Tue 2026-03-03 02:30:00 +01:00   2026-03-03T01:30:00Z\n",
            "  last     Mon 2026-03-02 02:30:00 +01:00   2026-03-02T01:30:00Z\n",
            "           its scan is no longer kept\n",
            "  skipped  Fri 2026-02-27 02:30:00 +01:00 to Sun 2026-03-01 02:30:00 +01:00: missed\n",
            "next: checkmate schedule next NAME",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn each_state_has_its_word() {
        let (spec, begun) = (spec(), at("2026-03-01T00:00:00Z"));
        let state = announced(&spec, None, begun, begun).unwrap();
        let word =
            |state: Option<&ScheduleState>, now: &str| ScheduleView::new(&spec, state, None, at(now)).state;
        assert_eq!(word(None, "2026-03-01T01:00:00Z"), StateWord::NotSeen);
        assert_eq!(word(Some(&state), "2026-03-01T01:30:04Z"), StateWord::On);
        assert_eq!(word(Some(&state), "2026-03-01T01:30:06Z"), StateWord::Late);
        let by = "line\u{1b}[2J".to_owned();
        let paused = ScheduleState { paused: Some(Paused { by, at: begun }), ..state };
        assert_eq!(word(Some(&paused), "2026-03-02T00:00:00Z"), StateWord::Paused);
        let text = list(&[ScheduleView::new(&spec, Some(&paused), None, begun)], SHOW);
        assert!(text.contains("since 2026-03-01T00:00:00Z by line [2J\n"), "{text}");
        assert!(!text.contains("  next "), "nothing comes by itself: {text}");
        assert!(list(&[], SHOW).contains("[schedules.NAME]"));
    }
}

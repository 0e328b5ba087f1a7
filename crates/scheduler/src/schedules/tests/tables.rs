//! Cases, one by one.

use super::*;
use checkmate_store::schedules::{Paused, SkipReason, Skipped};

use crate::schedules::due_at;

const HOUR: i64 = 3_600;

fn skipped(first: i64, last: i64, why: SkipReason) -> Skipped {
    Skipped { first: at(first), last: at(last), why }
}

#[test]
fn a_tick_fires_at_its_time_once() {
    let spec = spec("0 * * * *");
    let mut state = new(&spec);
    let wait = |state: &ScheduleState, now| next(&spec, &spec.timetable, state, now, None);
    assert_eq!(wait(&state, at(0)), Next::Wait(Some(at(HOUR))), "the tick at the very start is not owed");
    assert_eq!(settle(&spec, &mut state, at(HOUR - 1), false), []);
    assert_eq!(settle(&spec, &mut state, at(HOUR), false), [at(HOUR)]);
    assert_eq!(settle(&spec, &mut state, at(HOUR), false), []);
    assert_eq!((state.last_tick, state.handled_until), (Some(at(HOUR)), at(HOUR)));
    assert_eq!(wait(&state, at(HOUR)), Next::Wait(Some(at(2 * HOUR))));
}

#[test]
fn what_was_missed_goes_by_the_policy() {
    // Four ticks were missed, the last three of them within the window of three hours and a bit; the fifth is in time.
    let now = at(5 * HOUR + 30);
    for (missed, fires, notes) in [
        (
            Missed::Skip,
            vec![5],
            vec![skipped(2 * HOUR, 4 * HOUR, SkipReason::Missed), skipped(HOUR, HOUR, SkipReason::TooOld)],
        ),
        (
            Missed::Latest,
            vec![4, 5],
            vec![skipped(2 * HOUR, 3 * HOUR, SkipReason::Missed), skipped(HOUR, HOUR, SkipReason::TooOld)],
        ),
        (Missed::All, vec![2, 3, 4, 5], vec![skipped(HOUR, HOUR, SkipReason::TooOld)]),
    ] {
        let spec = ScheduleSpec { missed, window: Duration::from_secs(3 * 3_600 + 60), ..spec("0 * * * *") };
        let mut state = new(&spec);
        let fires: Vec<_> = fires.into_iter().map(|hour| at(hour * HOUR)).collect();
        assert_eq!(settle(&spec, &mut state, now, false), fires, "{missed}");
        assert_eq!(state.skipped, notes, "{missed}");
        assert_eq!(state.handled_until, at(5 * HOUR));
    }
}

#[test]
fn a_tick_is_missed_a_minute_after_its_time_and_its_jitter() {
    let jitter = Duration::from_secs(600);
    let spec = ScheduleSpec { missed: Missed::Skip, jitter, ..spec("0 * * * *") };
    let due = due_at(&spec, at(HOUR));
    assert!(due >= at(HOUR) && due < at(HOUR).plus(jitter));
    assert_eq!(due, due_at(&spec, at(HOUR)), "it is always the same");
    let other = ScheduleSpec { name: ScheduleName::new("other").unwrap(), ..spec.clone() };
    assert_ne!(due, due_at(&other, at(HOUR)));

    let fired = |now| settle(&spec, &mut new(&spec), now, false);
    assert_eq!(fired(due.minus(Duration::from_millis(1))), []);
    assert_eq!(fired(due), [at(HOUR)]);
    assert_eq!(fired(at(HOUR + 660)), [at(HOUR)]);
    assert_eq!(fired(at(HOUR + 661)), []);
}

#[test]
fn a_tick_that_meets_a_running_scan_goes_by_the_policy() {
    for (overlap, fires, waiting, why) in [
        (Overlap::Allow, vec![at(2 * HOUR), at(3 * HOUR)], None, None),
        (Overlap::Skip, vec![], None, Some(SkipReason::Overlap)),
        (Overlap::Queue, vec![], Some(at(3 * HOUR)), Some(SkipReason::Replaced)),
    ] {
        let spec = ScheduleSpec { overlap, ..spec("0 * * * *") };
        let mut state = new(&spec);
        assert_eq!(settle(&spec, &mut state, at(HOUR), true), [at(HOUR)], "nothing ran before");
        let mut fired = settle(&spec, &mut state, at(2 * HOUR), true);
        fired.extend(settle(&spec, &mut state, at(3 * HOUR), true));
        assert_eq!(fired, fires, "{overlap}");
        assert_eq!(state.waiting, waiting, "{overlap}");
        assert_eq!(state.skipped.first().map(|skipped| skipped.why), why, "{overlap}");
        let later = settle(&spec, &mut state, at(3 * HOUR + 90), false);
        assert_eq!(
            later,
            waiting.into_iter().collect::<Vec<_>>(),
            "{overlap}: it waits however long it takes"
        );
        assert_eq!(state.waiting, None);
    }
}

#[test]
fn what_waits_longer_than_the_window_is_given_up() {
    let window = Duration::from_secs(7_200);
    let spec = ScheduleSpec { overlap: Overlap::Queue, window, ..spec("0 1,2 * * *") };
    let mut state = new(&spec);
    settle(&spec, &mut state, at(HOUR), true);
    settle(&spec, &mut state, at(2 * HOUR), true);
    assert_eq!(state.waiting, Some(at(2 * HOUR)));
    assert_eq!(settle(&spec, &mut state, at(4 * HOUR), false), []);
    assert_eq!(state.skipped, [skipped(2 * HOUR, 2 * HOUR, SkipReason::TooOld)]);
}

#[test]
fn a_pause_holds_everything_and_its_end_is_like_a_late_start() {
    let spec = spec("0 * * * *");
    let mut state = new(&spec);
    state.paused = Some(Paused { by: "somebody".to_owned(), at: at(10) });
    assert_eq!(settle(&spec, &mut state, at(3 * HOUR), false), []);
    assert_eq!(next(&spec, &spec.timetable, &state, at(3 * HOUR), None), Next::Wait(None));
    state.paused = None;
    assert_eq!(settle(&spec, &mut state, at(3 * HOUR + 300), false), [at(3 * HOUR)]);
    assert_eq!(state.skipped, [skipped(HOUR, 2 * HOUR, SkipReason::Missed)]);
}

#[test]
fn a_short_window_keeps_no_tick_from_its_time() {
    let spec = ScheduleSpec { window: Duration::ZERO, ..spec("0 * * * *") };
    let mut state = new(&spec);
    assert_eq!(settle(&spec, &mut state, at(HOUR + 60), false), [at(HOUR)]);
    assert_eq!(settle(&spec, &mut state, at(2 * HOUR + 61), false), []);
}

#[test]
fn only_a_few_notes_are_kept() {
    let spec = ScheduleSpec { overlap: Overlap::Skip, ..spec("0 * * * *") };
    let mut state = new(&spec);
    for hour in 1..=20 {
        settle(&spec, &mut state, at(hour * HOUR), true);
    }
    assert_eq!(state.skipped.len(), 5);
    assert_eq!(state.skipped[0], skipped(20 * HOUR, 20 * HOUR, SkipReason::Overlap));
}

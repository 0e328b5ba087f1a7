//! What a configuration changes when it is loaded.

use super::*;

const HOUR: i64 = 3_600;

#[test]
fn the_old_expression_has_the_ticks_before_the_edit_and_the_new_one_those_after_it() {
    let (old, new_spec) = (spec("0 * * * *"), spec("30 * * * *"));
    let mut state = new(&old);
    settle(&old, &mut state, at(HOUR), false);
    // Nobody leads until long after the edit at 02:10.
    let mut state = announced(&new_spec, Some(&state), at(2 * HOUR + 600), at(2 * HOUR + 600)).unwrap();
    let fired = settle(&new_spec, &mut state, at(2 * HOUR + 1_830), false);
    assert_eq!(fired, [at(2 * HOUR), at(2 * HOUR + 1_800)], "not the half past one of the new expression");
    assert_eq!((state.in_force.cron.as_str(), state.edits.len()), ("30 * * * *", 0));
}

#[test]
fn the_configuration_that_was_loaded_later_counts() {
    let (a, b) = (spec("0 * * * *"), spec("30 * * * *"));
    let state = new(&a);
    assert_eq!(announced(&a, Some(&state), at(50), at(50)), None, "nothing new");
    let edited = announced(&b, Some(&state), at(100), at(120)).unwrap();
    assert_eq!(edited.edits[0].since, at(120));
    assert_eq!(announced(&a, Some(&edited), at(90), at(200)), None, "an older configuration is silent");
    assert_eq!(announced(&b, Some(&edited), at(300), at(300)), None);
    let back = announced(&a, Some(&edited), at(400), at(400)).unwrap();
    assert_eq!(back.edits.len(), 2, "the one between has its ticks still");
    let mut back = back;
    let fired = settle(&a, &mut back, at(HOUR), false);
    assert_eq!(fired, [at(HOUR)]);
    assert_eq!(back.in_force.loaded, at(400));
}

#[test]
fn another_zone_is_another_schedule() {
    let utc = spec("0 0 * * *");
    let berlin = ScheduleSpec {
        timetable: Timetable::new("0 0 * * *".parse().unwrap(), zone("Europe/Berlin").unwrap()),
        ..utc.clone()
    };
    let mut state = announced(&berlin, Some(&new(&utc)), at(10), at(10)).unwrap();
    assert_eq!(settle(&berlin, &mut state, at(23 * HOUR), false), [at(23 * HOUR)]);
    assert_eq!(state.in_force.zone, "Europe/Berlin");
}

#[test]
fn a_removed_schedule_owes_nothing_when_it_is_back() {
    let spec = spec("0 * * * *");
    let removed = ScheduleState { removed: Some(at(10)), ..new(&spec) };
    let mut state = removed.clone();
    assert_eq!(settle(&spec, &mut state, at(5 * HOUR), false), []);
    assert_eq!(state, removed);
    let mut state = announced(&spec, Some(&removed), at(5 * HOUR), at(5 * HOUR + 1)).unwrap();
    assert_eq!(state.removed, None);
    assert_eq!(settle(&spec, &mut state, at(6 * HOUR), false), [at(6 * HOUR)]);
}

#[test]
fn edits_that_wait_are_bounded() {
    let mut state = new(&spec("0 * * * *"));
    for n in 1..50 {
        let edit = spec(&format!("{n} * * * *"));
        state = announced(&edit, Some(&state), at(n), at(n)).unwrap();
        assert!(state.edits.len() <= 16);
        assert_eq!(state.edits.last().unwrap().cron, format!("{n} * * * *"));
    }
    let last = spec("49 * * * *");
    assert_eq!(settle(&last, &mut state, at(HOUR), false), [at(49 * 60)]);
}

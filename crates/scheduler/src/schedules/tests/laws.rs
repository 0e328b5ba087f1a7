//! Laws, against a naive model that lists every tick and looks at each by itself.

use super::*;
use checkmate_store::schedules::Paused;
use proptest::prelude::*;

use crate::schedules::{GRACE, due_at};

/// Something that happens to a schedule.
#[derive(Clone, Debug)]
enum Event {
    /// Seconds pass, and nobody leads.
    Pass(u32),
    /// Somebody leads for a moment; a scan of before runs or not.
    Lead(bool),
    /// Somebody leads and dies after so many steps.
    Die(usize),
    /// Paused, or resumed when it was.
    Pause,
    /// A configuration with this expression is loaded.
    Edit(usize),
}

const EXPRESSIONS: [&str; 4] = ["*/5 * * * *", "7 * * * *", "0,1,2 */3 * * *", "*/30 * * * * *"];

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (1_u32..200).prop_map(Event::Pass),
        2 => (200_u32..4_000).prop_map(Event::Pass),
        6 => any::<bool>().prop_map(Event::Lead),
        1 => (0_usize..4).prop_map(Event::Die),
        1 => Just(Event::Pause),
        1 => (0..EXPRESSIONS.len()).prop_map(Event::Edit),
    ];
    proptest::collection::vec(event, 1..25)
}

fn specs() -> impl Strategy<Value = ScheduleSpec> {
    let numbers = (0..EXPRESSIONS.len(), 0_usize..3, 0_usize..3, 0_u64..10_000, 0_u64..200);
    numbers.prop_map(|(cron, overlap, missed, window, jitter)| ScheduleSpec {
        overlap: Overlap::ALL[overlap],
        missed: Missed::ALL[missed],
        window: Duration::from_secs(window),
        jitter: Duration::from_secs(jitter.saturating_sub(100)),
        ..spec(EXPRESSIONS[cron])
    })
}

/// A schedule, what became of its ticks, and which expression had which time.
struct World {
    spec: ScheduleSpec,
    state: ScheduleState,
    second: i64,
    fired: Vec<(Timestamp, Timestamp)>,
    noted: Vec<(Timestamp, Timestamp)>,
    definitions: Vec<(Timestamp, Timetable)>,
}

impl World {
    fn new(spec: ScheduleSpec) -> Self {
        let definitions = vec![(at(0), spec.timetable.clone())];
        Self { state: new(&spec), spec, second: 0, fired: vec![], noted: vec![], definitions }
    }

    fn now(&self) -> Timestamp {
        at(self.second)
    }

    fn take(&mut self, event: &Event) {
        match *event {
            Event::Pass(seconds) => self.second += i64::from(seconds),
            Event::Lead(running) => self.lead(running, usize::MAX),
            Event::Die(steps) => self.lead(false, steps),
            Event::Pause => {
                let paused = Paused { by: "somebody".to_owned(), at: self.now() };
                self.state.paused = if self.state.paused.is_some() { None } else { Some(paused) };
            }
            Event::Edit(cron) => {
                // Two loads at one moment would be one.
                self.second += 1;
                self.spec.timetable = timetable(EXPRESSIONS[cron]);
                let now = self.now();
                if let Some(state) = announced(&self.spec, Some(&self.state), now, now) {
                    self.state = state;
                    let since = self.state.edits.last().unwrap().since;
                    self.definitions.push((since, self.spec.timetable.clone()));
                }
            }
        }
    }

    fn lead(&mut self, running: bool, steps: usize) {
        let (mut asked, mut fired_now, mut left) = (None, false, steps);
        while left > 0 {
            let table = timetable_in_force(&self.spec, &self.state);
            match next(&self.spec, &table, &self.state, self.now(), asked) {
                Next::Wait(_) => return,
                Next::AskScan => asked = Some(running || fired_now),
                Next::Step(step) => {
                    self.note(&step.state);
                    if let Some(tick) = step.fire {
                        self.fired.push((tick, self.now()));
                        fired_now = true;
                    }
                    self.state = step.state;
                    (asked, left) = (None, left - 1);
                }
            }
        }
    }

    fn note(&mut self, after: &ScheduleState) {
        if after.skipped != self.state.skipped {
            let note = &after.skipped[0];
            self.noted.push((note.first, note.last));
        }
    }

    /// Every tick that any definition owed up to what is handled.
    fn owed(&self) -> Vec<Timestamp> {
        let mut owed = Vec::new();
        for (n, (since, table)) in self.definitions.iter().enumerate() {
            let end = self.definitions.get(n + 1).map_or(self.state.handled_until, |(since, _)| *since);
            owed.extend(table.between(*since, end.min(self.state.handled_until), usize::MAX));
        }
        owed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever happens: a tick makes one scan, or is noted once, or is the one that waits.
    #[test]
    fn each_tick_is_decided_exactly_once(spec in specs(), events in events()) {
        let mut world = World::new(spec);
        for event in &events {
            // Definitions that never had their time are given up beyond a bound, which this law does not look at.
            if matches!(event, Event::Edit(_)) && world.state.edits.len() > 8 {
                continue;
            }
            world.take(event);
        }
        world.state.paused = None;
        world.second += 4_000;
        world.lead(false, usize::MAX);
        prop_assert!(world.state.edits.is_empty());
        prop_assert!(world.state.handled_until.plus(Duration::from_secs(4 * 3_600)) > world.now());
        for tick in world.owed() {
            let fired = world.fired.iter().filter(|(fired, _)| *fired == tick).count();
            let noted = world.noted.iter().filter(|(first, last)| *first <= tick && tick <= *last).count();
            let waits = usize::from(world.state.waiting == Some(tick));
            prop_assert_eq!(fired + noted + waits, 1);
        }
        let owed = world.owed();
        for (tick, _) in &world.fired {
            prop_assert!(owed.contains(tick));
        }
    }

    /// At a moment, without overlap and edits: exactly the ticks that a look at each by itself says.
    #[test]
    fn what_fires_is_what_a_naive_look_says(spec in specs(), events in events()) {
        let spec = ScheduleSpec { overlap: Overlap::Allow, ..spec };
        let mut world = World::new(spec);
        for event in events.iter().filter(|event| !matches!(event, Event::Edit(_))) {
            let whole = matches!(event, Event::Lead(_)) && world.state.paused.is_none();
            let expected = naive(&world);
            let before = world.fired.len();
            world.take(event);
            let fired: Vec<Timestamp> = world.fired[before..].iter().map(|(tick, _)| *tick).collect();
            if whole {
                prop_assert_eq!(fired, expected);
            }
        }
    }
}

fn naive(world: &World) -> Vec<Timestamp> {
    let (spec, now) = (&world.spec, world.now());
    let ticks = spec.timetable.between(world.state.handled_until, now, usize::MAX);
    let is_late = |tick: &Timestamp| now.since(*tick) > GRACE + spec.jitter;
    let is_old = |tick: &Timestamp| is_late(tick) && now.since(*tick) >= spec.window;
    let late: Vec<Timestamp> = ticks.iter().copied().filter(is_late).filter(|tick| !is_old(tick)).collect();
    let mut fires = match spec.missed {
        Missed::Skip => vec![],
        Missed::Latest => late.last().copied().into_iter().collect(),
        Missed::All => late,
    };
    let in_time = ticks.iter().copied().filter(|tick| !is_late(tick));
    fires.extend(in_time.take_while(|tick| due_at(spec, *tick) <= now));
    fires
}

//! What is judged of processes, lanes, queues, schedules, scans and dead letters.

use std::time::Duration;

use checkmate_domain::{
    Approval, Ask, Lane, Missed, Overlap, ScanId, ScheduleName, Scope, Trigger, TriggerKind,
};
use checkmate_scheduler::cron::{Timetable, zone};
use checkmate_scheduler::schedules::{ScheduleSpec, announced};
use checkmate_store::schedules::{Paused, ScheduleState};
use checkmate_store::{LanePause, ScanRecord, ScanState};

use super::tests_facts::{at, presence, work};
use super::work::{approvals, dead, lanes, processes, queues, scans, schedules, waits};
use crate::commands::doctor::facts::{BrokerLook, DeadFacts, ScheduleFact, WorkFacts};
use crate::config::Config;
use crate::view::doctor_view::{Line, Outcome};
use crate::view::waits::Waiting;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn words(lines: &[Line]) -> Vec<(&str, char)> {
    let letter = |line: &Line| match line.outcome {
        Outcome::Fine => 'f',
        Outcome::Warning => 'w',
        Outcome::Wrong => 'W',
        Outcome::CouldNotLook { .. } => '?',
    };
    lines.iter().map(|line| (line.what.as_str(), letter(line))).collect()
}

fn scan(state: ScanState, created: i64) -> ScanRecord {
    ScanRecord {
        id: ScanId::new("0123456789abcdef0123").unwrap(),
        scope: Scope::Export("acme".to_owned()),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "ada".to_owned() },
        window: 200,
        time_limit_ms: 900_000,
        expires_after_ms: 86_400_000,
        created_at: at(created),
        state,
        error: None,
        sealed: true,
        total: 3,
        released: 3,
        in_window: 0,
        pending: 1,
        done: 2,
        ended: std::collections::BTreeMap::new(),
        opened: 0,
        resolved: 0,
        checks: 0,
        unanswered: 0,
        finished_at: state.is_final().then(|| at(created + 1_000)),
        announced: false,
    }
}

#[test]
fn one_process_with_every_role_is_fine() {
    let lines = processes(&work(), at(0));
    let expected = ["scheduler", "worker", "notifier", "leader of keeper", "leader of schedules"]
        .map(|what| (what, 'f'));
    assert_eq!(words(&lines), expected, "{lines:?}");
    assert!(lines[0].found.contains("1 process, last seen 3 s ago"), "{lines:?}");
    assert!(lines[3].found.contains("up-17-0000abcd, for 8 s"), "{lines:?}");
}

#[test]
fn roles_that_are_missing_quiet_or_draining_are_told() {
    let none = WorkFacts { processes: Vec::new(), ..work() };
    assert_eq!(words(&processes(&none, at(0))), [("roles", 'w')]);

    let mut draining = presence("worker-1", &["worker"]);
    (draining.draining, draining.version) = (true, "0.2.0".to_owned());
    let facts = WorkFacts { processes: vec![draining, presence("notifier-1", &["notifier"])], ..work() };
    let lines = processes(&facts, at(20_000));
    let expected = [("scheduler", 'w'), ("worker", 'w'), ("notifier", 'w'), ("releases", 'w')];
    assert_eq!(words(&lines), expected, "without a scheduler nobody is to lead: {lines:?}");
    assert!(lines[0].mend.contains("'checkmate scheduler'"), "{lines:?}");
    assert!(lines[2].found.contains("23 s ago") && lines[3].found.contains("0.1.0, 0.2.0"), "{lines:?}");

    let mut leaving = work();
    leaving.processes[0].draining = true;
    let lines = processes(&leaving, at(0));
    assert_eq!(words(&lines)[1], ("worker", 'w'));
    assert!(lines[1].found.contains("draining"), "{lines:?}");

    let mut leaderless = work();
    leaderless.leaders[1].holder = None;
    assert_eq!(words(&processes(&leaderless, at(0)))[4], ("leader of schedules", 'w'));
}

#[test]
fn a_paused_lane_names_what_opens_it() {
    assert_eq!(words(&lanes(&work())), [("lanes", 'f')]);
    let pause = LanePause { lane: Lane::Bulk, who: "ada".to_owned(), at: at(0), why: None };
    let lines = lanes(&WorkFacts { paused: vec![pause], ..work() });
    assert_eq!(words(&lines), [("lane", 'w')]);
    assert_eq!(lines[0].mend, "'checkmate lane resume bulk'");
}

#[test]
fn what_waits_and_is_taken_by_nobody_is_told() {
    let broker = BrokerLook::Embedded("/data/queue.db".into());
    assert_eq!(words(&queues(&broker, &work())), [("queues", 'f')]);
    let mut busy = work();
    busy.queues[1].ready = Some(12);
    let lines = queues(&broker, &busy);
    assert_eq!((words(&lines), lines[0].found.as_str()), (vec![("queues", 'f')], "waiting: scan.bulk 12"));
    busy.processes = vec![presence("scheduler-1", &["scheduler"])];
    let lines = queues(&broker, &busy);
    assert_eq!(words(&lines), [("queues", 'w')]);
    assert!(lines[0].mend.contains("'checkmate up'"), "on one machine there are no single roles: {lines:?}");
    assert_eq!(words(&queues(&BrokerLook::Wrong("mixed".to_owned()), &busy)), [("queues", '?')]);
}

#[test]
fn a_job_that_was_given_back_tells_what_it_waits_for_and_asks_for_no_worker() {
    let broker = BrokerLook::Embedded("/data/queue.db".into());
    let waiting = |jobs, until| Waiting { jobs, why: "the audit trail cannot be written".to_owned(), until };
    let mut facts = WorkFacts { waits: vec![waiting(12, Some(at(5)))], ..work() };
    facts.processes = vec![presence("scheduler-1", &["scheduler"])];
    facts.queues[1].ready = Some(12);
    assert_eq!(words(&queues(&broker, &facts)), [("queues", 'f')]);
    facts.queues[1].ready = Some(13);
    assert_eq!(words(&queues(&broker, &facts)), [("queues", 'w')], "one of them nobody has taken");
    let lines = waits(&facts);
    assert_eq!(words(&lines), [("jobs", 'w')]);
    let expected = format!("12 jobs waiting: the audit trail cannot be written; tried again at {}", at(5));
    assert_eq!(lines[0].found, expected);
    assert!(lines[0].mend.contains("by themselves"), "{lines:?}");
    assert_eq!(waits(&work()), []);
    facts.waits = (0..9).map(|jobs| waiting(jobs, None)).collect();
    assert_eq!(waits(&facts).len(), 6, "five and how many more");
}

#[test]
fn scans_that_take_too_long_are_told_with_the_reason() {
    let of = |record: ScanRecord, facts: WorkFacts| {
        let lines = scans(&WorkFacts { scans: vec![record], ..facts }, at(0));
        let (what, letter) = words(&lines)[0];
        (what.to_owned(), letter, lines[0].mend.clone())
    };
    for (state, created, letter) in [
        (ScanState::Running, -HOUR, 'f'),
        (ScanState::Running, -25 * HOUR, 'w'),
        (ScanState::Planned, -MINUTE, 'f'),
        (ScanState::Planned, -3 * MINUTE, 'w'),
        (ScanState::Finished, -MINUTE, 'f'),
        (ScanState::Finished, -3 * MINUTE, 'w'),
    ] {
        let (what, told, mend) = of(scan(state, created), work());
        assert_eq!((told, mend.is_empty()), (letter, letter == 'f'), "{what}: {state} {created}");
    }
    let planned = || scan(ScanState::Planned, -3 * MINUTE);
    let pause = LanePause { lane: Lane::Bulk, who: "ada".to_owned(), at: at(0), why: None };
    let (.., mend) = of(planned(), WorkFacts { paused: vec![pause], ..work() });
    assert_eq!(mend, "'checkmate lane resume bulk'");
    let (.., mend) = of(planned(), WorkFacts { processes: Vec::new(), ..work() });
    assert!(mend.starts_with("'checkmate worker'"), "{mend}");
    let (.., mend) = of(planned(), work());
    assert!(mend.contains("--lane bulk"), "nobody serves the lane: {mend}");

    let many = vec![planned(); 9];
    let lines = scans(&WorkFacts { scans: many, ..work() }, at(0));
    assert_eq!((lines.len(), lines[5].found.as_str()), (6, "4 more want a look"));
}

fn configured() -> (Config, ScheduleSpec, ScheduleState) {
    let spec = ScheduleSpec {
        name: ScheduleName::new("hourly").unwrap(),
        timetable: Timetable::new("0 * * * *".parse().unwrap(), zone("UTC").unwrap()),
        scope: Scope::Export("acme".to_owned()),
        lane: Lane::Bulk,
        overlap: Overlap::Skip,
        missed: Missed::Latest,
        window: Duration::from_secs(86_400),
        jitter: Duration::ZERO,
    };
    let state = announced(&spec, None, at(0), at(0)).unwrap();
    let mut config = Config::default();
    config.schedules.insert(spec.name.clone(), spec.clone());
    (config, spec, state)
}

#[test]
fn schedules_that_are_late_paused_unseen_or_fail_are_told() {
    let (config, spec, state) = configured();
    let fact = |state: &ScheduleState, last: Option<ScanRecord>| WorkFacts {
        schedules: vec![ScheduleFact { name: spec.name.clone(), state: state.clone(), last }],
        ..work()
    };
    let told = |facts: &WorkFacts, now: i64| words(&schedules(&config, facts, at(now)))[0].1;
    assert_eq!(told(&fact(&state, None), 1_000), 'f');
    assert_eq!(told(&fact(&state, None), 2 * HOUR), 'W', "a scheduler is there");
    let nobody = WorkFacts { processes: Vec::new(), ..fact(&state, None) };
    assert_eq!(told(&nobody, 2 * HOUR), 'w');
    let paused = ScheduleState { paused: Some(Paused { by: "ada".to_owned(), at: at(0) }), ..state.clone() };
    assert_eq!(told(&fact(&paused, None), 2 * HOUR), 'w');
    assert_eq!(told(&work(), 1_000), 'w', "not seen");
    for (ended, letter) in [
        (ScanState::Finished, 'f'),
        (ScanState::Running, 'f'),
        (ScanState::FinishedIncomplete, 'w'),
        (ScanState::Failed, 'w'),
    ] {
        let ran = ScheduleState { last_tick: Some(at(0)), ..state.clone() };
        assert_eq!(told(&fact(&ran, Some(scan(ended, 0))), 1_000), letter, "{ended}");
    }
    assert_eq!(words(&schedules(&Config::default(), &work(), at(0))), [("schedules", 'f')]);
}

#[test]
fn approvals_that_end_soon_are_told() {
    let asked = |days: u64| {
        let (scan, valid) = (ScanId::new("s").unwrap(), Duration::from_secs(days * 86_400));
        Approval::asked("tickets", &scan, Ask::ManyNew { count: 3 }, at(0), valid)
    };
    assert_eq!(approvals(&[], at(0)), None);
    let told = |days: &[u64]| {
        let all: Vec<Approval> = days.iter().map(|days| asked(*days)).collect();
        let line = approvals(&all, at(HOUR)).unwrap();
        (line.outcome, line.found)
    };
    assert_eq!(told(&[2, 7]), (Outcome::Fine, "2 approvals to be decided, none within a day".to_owned()));
    let soon = "2 approvals to be decided, 1 of them within a day".to_owned();
    assert_eq!(told(&[1, 7]), (Outcome::Warning, soon));
}

#[test]
fn dead_letters_that_wait_are_told_with_the_last_reason() {
    assert_eq!(dead(&DeadFacts::default()).outcome, Outcome::Fine);
    let facts = DeadFacts { waiting: 500, more: true, newest: Some("not a job".to_owned()) };
    let line = dead(&facts);
    assert_eq!(
        (line.outcome, line.found.as_str()),
        (Outcome::Warning, "at least 500 wait; the last: not a job")
    );
}

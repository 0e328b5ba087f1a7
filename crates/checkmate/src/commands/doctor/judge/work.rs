//! Processes and leaders, lanes and queues, schedules, scans, dead letters: is it running, is it late, what is stuck.

use std::collections::BTreeSet;
use std::time::Duration;

use checkmate_domain::{Approval, Lane, Timestamp};
use checkmate_queue::Queue;
use checkmate_store::{LanePause, Presence, ScanRecord, ScanState};

use super::long;
use crate::commands::doctor::facts::{BrokerLook, DeadFacts, LeaderFact, QueueFact, WorkFacts};
use crate::config::Config;
use crate::view::doctor_view::Line;
use crate::view::schedules_view::{ScheduleView, StateWord};
use crate::view::waits::Waiting;
use crate::view::{count, pressure_view};

/// A process says every five seconds that it is there.
const QUIET: Duration = Duration::from_secs(12);
/// What a first job, or the telling of a scan's end, may take when nothing is wrong.
const SOON: Duration = Duration::from_mins(2);
/// An approval that expires within that is told.
const DAY: Duration = Duration::from_hours(24);
/// Scans and schedules that want a look are told one by one up to here.
const MOST: usize = 5;

/// Nothing was stored yet, so nobody ran.
pub(super) fn nobody() -> Line {
    Line::warning("roles", "", "nobody runs here", "'checkmate up' runs all of them in one process")
}

/// Who is there, and who leads.
pub(super) fn processes(work: &WorkFacts, now: Timestamp) -> Vec<Line> {
    if work.processes.is_empty() {
        return vec![nobody()];
    }
    let mut lines: Vec<Line> =
        ["scheduler", "worker", "notifier"].map(|role| role_line(&work.processes, role, now)).into();
    lines.extend(versions(&work.processes));
    if has(&work.processes, "scheduler") {
        lines.extend(work.leaders.iter().map(|leader| leader_line(leader, now)));
    }
    lines
}

fn leader_line(leader: &LeaderFact, now: Timestamp) -> Line {
    let what = format!("leader of {}", leader.of);
    match &leader.holder {
        Some(holder) => {
            let left = long(holder.until.since(now));
            Line::fine(what, "", format!("{}, for {left} unless renewed", holder.owner))
        }
        None => {
            let mend = "look again after keeper.lock_ttl; if nobody leads then, see the schedulers' logs";
            Line::warning(what, "", "nobody leads", mend)
        }
    }
}

fn has(processes: &[Presence], role: &str) -> bool {
    processes.iter().any(|process| process.roles.iter().any(|of| of == role))
}

fn role_line(processes: &[Presence], role: &'static str, now: Timestamp) -> Line {
    let there: Vec<&Presence> =
        processes.iter().filter(|process| process.roles.iter().any(|of| of == role)).collect();
    let Some(last) = there.iter().map(|process| process.seen).max() else {
        let mend = format!("'checkmate {role}' starts one");
        return Line::warning(role, "", "nobody is there", mend);
    };
    let in_hand: u64 = there.iter().map(|process| process.in_hand).sum();
    let quiet = now.since(last);
    let found = format!(
        "{}, last seen {} ago, {in_hand} in hand",
        number(there.len(), "process", "processes"),
        long(quiet)
    );
    if quiet > QUIET {
        Line::warning(role, "", found, "it hangs or has just died: 'checkmate workers list', and its log")
    } else if there.iter().all(|process| process.draining) {
        Line::warning(
            role,
            "",
            format!("{found}; draining, so nothing new is taken"),
            format!("'checkmate {role}' starts another"),
        )
    } else {
        Line::fine(role, "", found)
    }
}

fn number(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Processes of several releases are meant to be there only while one is rolled out.
fn versions(processes: &[Presence]) -> Option<Line> {
    let versions: BTreeSet<&str> = processes.iter().map(|process| process.version.as_str()).collect();
    let found = versions.iter().copied().collect::<Vec<_>>().join(", ");
    let mend = "fine during a rollout; after it, restart those of the old release";
    (versions.len() > 1).then(|| Line::warning("releases", "", found, mend))
}

/// Paused lanes.
pub(super) fn lanes(work: &WorkFacts) -> Vec<Line> {
    if work.paused.is_empty() {
        return vec![Line::fine("lanes", "", "both are open")];
    }
    let line = |pause: &LanePause| {
        let found = format!("paused {}", pressure_view::by(pause));
        Line::warning(
            "lane",
            pause.lane.to_string(),
            found,
            format!("'checkmate lane resume {}'", pause.lane),
        )
    };
    work.paused.iter().map(line).collect()
}

/// What jobs wait for that somebody has taken and given back.
pub(super) fn waits(work: &WorkFacts) -> Vec<Line> {
    let line = |one: &Waiting| {
        let until = one.until.map(|at| format!("; tried again at {at}")).unwrap_or_default();
        let jobs = count(usize::try_from(one.jobs).unwrap_or(usize::MAX), "job");
        let mend = "mend what it names, and they go on by themselves; 'checkmate scans list' shows the scans";
        Line::warning("jobs", "", format!("{jobs} waiting: {}{until}", one.why), mend)
    };
    some(work.waits.iter().map(line).collect(), "jobs", "'checkmate scans show ID' tells what they wait for")
}

/// What waits, and whether anybody takes it. A job that was given back with a reason has been taken: it waits for that.
pub(super) fn queues(broker: &BrokerLook, work: &WorkFacts) -> Vec<Line> {
    let queues = match broker {
        BrokerLook::Embedded(_) => Some(&work.queues),
        BrokerLook::Rabbit(facts) => facts.queues.as_ref().ok(),
        BrokerLook::Wrong(_) => None,
    };
    let Some(queues) = queues else {
        return vec![Line::unknown("queues", "", "the broker was not seen", "mend the broker first")];
    };
    let waiting = |queue: &QueueFact| queue.ready.filter(|ready| *ready > 0);
    let texts: Vec<String> = queues
        .iter()
        .filter_map(|queue| Some(format!("{} {}", short(&queue.name), waiting(queue)?)))
        .collect();
    let found =
        if texts.is_empty() { "nothing waits".to_owned() } else { format!("waiting: {}", texts.join(", ")) };
    let given_back: u64 = work.waits.iter().map(|one| one.jobs).sum();
    let untaken = queues.iter().find_map(|queue| {
        let (ready, role) = (waiting(queue)?, taker(&queue.name)?);
        if role == "worker" && ready <= given_back {
            return None;
        }
        let starts = if matches!(broker, BrokerLook::Embedded(_)) { "up" } else { role };
        (!has(&work.processes, role))
            .then(|| format!("'checkmate {starts}' takes what waits in {}", queue.name))
    });
    vec![match untaken {
        Some(mend) => Line::warning("queues", "", format!("{found}; nobody takes it"), mend),
        None => Line::fine("queues", "", found),
    }]
}

fn short(queue: &str) -> &str {
    queue.strip_prefix("checkmate.").unwrap_or(queue)
}

fn taker(queue: &str) -> Option<&'static str> {
    Some(match Queue::from_name(queue)? {
        Queue::ScanInteractive | Queue::ScanBulk => "worker",
        Queue::Results => "notifier",
        Queue::Requests | Queue::Dead => "scheduler",
    })
}

/// Schedules that are late, paused or whose last scan did not go well.
pub(super) fn schedules(config: &Config, work: &WorkFacts, now: Timestamp) -> Vec<Line> {
    let scheduler = has(&work.processes, "scheduler");
    let mut lines: Vec<Line> = Vec::new();
    for (name, spec) in &config.schedules {
        let fact = work.schedules.iter().find(|fact| fact.name == *name);
        let last = fact.and_then(|fact| fact.last.as_ref());
        let view = ScheduleView::new(spec, fact.map(|fact| &fact.state), last, now);
        lines.extend(schedule(&view, last, scheduler));
    }
    if config.schedules.is_empty() {
        return vec![Line::fine("schedules", "", "none are configured")];
    }
    if lines.is_empty() {
        lines.push(Line::fine(
            "schedules",
            "",
            format!("{}, none late, none paused", count(config.schedules.len(), "schedule")),
        ));
    }
    some(lines, "schedules", "'checkmate schedule list' shows all of them")
}

fn schedule(view: &ScheduleView, last: Option<&ScanRecord>, scheduler: bool) -> Option<Line> {
    let (what, name) = ("schedule", view.name.as_str());
    let result = view.last.as_ref().map_or("", |last| last.result.as_str());
    match view.state {
        StateWord::Late if scheduler => {
            let mend = "'checkmate schedule list', then the log of the process that leads the schedules";
            Some(Line::wrong(
                what,
                name,
                "late: a tick has passed and made no scan, though a scheduler is there",
                mend,
            ))
        }
        StateWord::Late => Some(Line::warning(
            what,
            name,
            "late: no scheduler is there",
            "'checkmate scheduler', or 'checkmate up' on one machine",
        )),
        StateWord::Paused => {
            let by =
                view.paused.as_ref().map_or_else(String::new, |by| format!(" since {} by {}", by.at, by.by));
            Some(Line::warning(
                what,
                name,
                format!("paused{by}"),
                format!("'checkmate schedule resume {name}'"),
            ))
        }
        StateWord::NotSeen => {
            let mend =
                "is a scheduler there, and does it read this file? It takes a change up within seconds";
            Some(Line::warning(what, name, "no scheduler told of it yet", mend))
        }
        StateWord::On if last.is_some_and(|scan| went_badly(scan.state)) => {
            let scan = last.map_or("", |scan| scan.id.as_str());
            Some(Line::warning(
                what,
                name,
                format!("its last scan: {result}"),
                format!("'checkmate scans show {scan}' tells why"),
            ))
        }
        StateWord::On => None,
    }
}

const fn went_badly(state: ScanState) -> bool {
    matches!(state, ScanState::Failed | ScanState::FinishedIncomplete)
}

/// Scans that take longer than they may.
pub(super) fn scans(work: &WorkFacts, now: Timestamp) -> Vec<Line> {
    let mut lines: Vec<Line> = work.scans.iter().filter_map(|scan| stuck(scan, work, now)).collect();
    if lines.is_empty() {
        let under_way = work.scans.iter().filter(|scan| !scan.state.is_final()).count();
        let found = if under_way == 0 {
            "none under way".to_owned()
        } else {
            format!("{under_way} under way, none too long")
        };
        lines.push(Line::fine("scans", "", found));
    }
    some(lines, "scans", "'checkmate scans list' shows all of them")
}

fn stuck(scan: &ScanRecord, work: &WorkFacts, now: Timestamp) -> Option<Line> {
    let short: String = scan.id.as_str().chars().take(10).collect();
    let line = |found: String, mend: String| {
        Some(Line::warning("scan", format!("{short}, {}", scan.scope), found, mend))
    };
    if let (true, Some(finished)) = (scan.state.is_final(), scan.finished_at) {
        let since = now.since(finished);
        let mend = "the leading scheduler tells it once the broker takes it: look at both";
        let found = format!("over since {}, and nobody was told", long(since));
        return if since > SOON { line(found, mend.to_owned()) } else { None };
    }
    let age = now.since(scan.created_at);
    if scan.state == ScanState::Planned && age > SOON {
        let mend = match work.paused.iter().find(|pause| pause.lane == scan.lane) {
            Some(_) => format!("'checkmate lane resume {}'", scan.lane),
            None if !has(&work.processes, "worker") => {
                "'checkmate worker' starts one, or 'checkmate up' on one machine".to_owned()
            }
            None if !serves(&work.processes, scan.lane) => {
                format!("'checkmate worker --lane {}' starts one for its lane", scan.lane)
            }
            None => format!(
                "all workers may be busy: 'checkmate workers list', then 'checkmate scans show {short}'"
            ),
        };
        return line(format!("asked for {} ago, and not begun", long(age)), mend);
    }
    let most = Duration::from_millis(scan.expires_after_ms.saturating_add(scan.time_limit_ms));
    if age > most {
        let mend = format!(
            "'checkmate scans show {short}' tells which jobs; 'checkmate scans cancel {short}' ends it"
        );
        let left = count(usize::try_from(scan.pending).unwrap_or(usize::MAX), "job");
        return line(format!("{} since {}, {left} not over", scan.state, long(age)), mend);
    }
    None
}

fn serves(processes: &[Presence], lane: Lane) -> bool {
    processes.iter().any(|process| process.lanes.contains(&lane))
}

/// Dead letters that wait for somebody.
pub(super) fn dead(dead: &DeadFacts) -> Line {
    if dead.waiting == 0 {
        let found = if dead.more { "none among the last 500" } else { "none wait" };
        return Line::fine("dead letters", "", found);
    }
    let least = if dead.more { "at least " } else { "" };
    let newest = dead.newest.as_ref().map_or_else(String::new, |why| format!("; the last: {why}"));
    let mend = "'checkmate dead list', then 'checkmate dead replay' or 'checkmate dead discard' with the id";
    Line::warning("dead letters", "", format!("{least}{} wait{newest}", dead.waiting), mend)
}

/// Approvals that people have to decide soon, or it is as if they had denied them.
pub(super) fn approvals(waiting: &[Approval], now: Timestamp) -> Option<Line> {
    let soon = waiting.iter().filter(|approval| approval.expires_at < now.plus(DAY)).count();
    let found = count(waiting.len(), "approval");
    match (waiting.len(), soon) {
        (0, _) => None,
        (_, 0) => Some(Line::fine("approvals", "", format!("{found} to be decided, none within a day"))),
        _ => {
            let found = format!("{found} to be decided, {soon} of them within a day");
            Some(Line::warning("approvals", "", found, "'checkmate approvals list', then approve or deny"))
        }
    }
}

/// As many lines as are read, and how many more there are.
fn some(mut lines: Vec<Line>, what: &'static str, mend: &str) -> Vec<Line> {
    let more = lines.len().saturating_sub(MOST);
    if more > 0 {
        lines.truncate(MOST);
        lines.push(Line::warning(what, "", format!("{more} more want a look"), mend));
    }
    lines
}

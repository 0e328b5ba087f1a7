//! Lanes and processes as lines.

use std::fmt::Write;

use checkmate_domain::Lane;
use checkmate_store::{LanePause, Presence};
use serde::Serialize;

use crate::view::{Paint, Show, plain};

/// One lane.
#[derive(Debug, Serialize)]
pub struct LaneLine {
    /// Which.
    pub lane: Lane,
    /// By whom it is paused, since when and why; nothing while it is open.
    pub paused: Option<LanePause>,
}

impl LaneLine {
    /// A lane among those that are paused.
    #[must_use]
    pub fn new(lane: Lane, paused: &[LanePause]) -> Self {
        Self { lane, paused: paused.iter().find(|pause| pause.lane == lane).cloned() }
    }
}

/// Who paused a lane, since when and why.
#[must_use]
pub fn by(pause: &LanePause) -> String {
    let why = pause.why.as_ref().map(|why| format!(": {}", plain(why, 200))).unwrap_or_default();
    format!("by {} at {}{why}", plain(&pause.who, 40), pause.at)
}

/// Why a scan of a paused lane does not go on, and what lets it.
#[must_use]
pub fn waits(pause: &LanePause) -> String {
    let lane = pause.lane;
    format!("\n  the {lane} lane is paused {}; 'checkmate lane resume {lane}' lets it go on", by(pause))
}

/// A table of lanes.
#[must_use]
pub fn lanes(lanes: &[LaneLine], show: Show<'_>) -> String {
    let paint = Paint(show.color);
    let mut text = paint.bold(&format!("{:<11}  {}", "lane", "state")) + "\n";
    for LaneLine { lane, paused } in lanes {
        let state = match paused {
            None => "open".to_owned(),
            Some(pause) => paint.warn(&format!("paused {}", by(pause))),
        };
        let _ = writeln!(text, "{lane:<11}  {state}");
    }
    text
}

/// A table of processes.
#[must_use]
pub fn processes(there: &[Presence], show: Show<'_>) -> String {
    let Show { program, color } = show;
    if there.is_empty() {
        return format!("no process is there: start one with '{program} up', or the roles one by one\n");
    }
    let paint = Paint(color);
    let head = format!(
        "{:<28}  {:<26}  {:<17}  {:>7}  {:<8}  {:<8}  {}",
        "process", "roles", "lanes", "in hand", "release", "state", "since, last seen"
    );
    let mut text = paint.bold(&head) + "\n";
    for presence in there {
        let lanes: Vec<&str> = presence.lanes.iter().map(|lane| lane.as_str()).collect();
        let lanes = if lanes.is_empty() { "-".to_owned() } else { lanes.join(",") };
        let state = if presence.draining { "draining" } else { "works" };
        let _ = writeln!(
            text,
            "{:<28}  {:<26}  {lanes:<17}  {:>7}  {:<8}  {state:<8}  {}, {}",
            plain(presence.process.as_str(), 28),
            plain(&presence.roles.join(","), 26),
            presence.in_hand,
            plain(&presence.version, 8),
            presence.since,
            presence.seen,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkmate_domain::{Timestamp, WorkerId};

    const SHOW: Show<'static> = Show { program: "checkmate", color: false };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis((1_790_000_000 + seconds) * 1_000)
    }

    #[test]
    fn a_paused_lane_says_by_whom_since_when_and_why() {
        let why = Some("the tenant\u{1b}[2J is moved".to_owned());
        let paused = [LanePause { lane: Lane::Bulk, who: "ada".to_owned(), at: at(0), why }];
        let lines = [Lane::Interactive, Lane::Bulk].map(|lane| LaneLine::new(lane, &paused));
        let expected = "lane         state\n\
                        interactive  open\n\
                        bulk         paused by ada at 2026-09-21T14:13:20Z: the tenant [2J is moved\n";
        assert_eq!(lanes(&lines, SHOW), expected);
    }

    #[test]
    fn processes_are_a_line_each() {
        let presence = |name: &str, lanes: Vec<Lane>, draining| Presence {
            process: WorkerId::new(name).unwrap(),
            roles: vec![name.split('-').next().unwrap_or_default().to_owned()],
            lanes,
            version: "0.1.0".to_owned(),
            since: at(0),
            seen: at(5),
            in_hand: 3,
            draining,
        };
        let there = [
            presence("scheduler-17-0000abcd", Vec::new(), false),
            presence("worker-18-0000abce", vec![Lane::Interactive, Lane::Bulk], true),
        ];
        let text = processes(&there, SHOW);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let times = ["2026-09-21T14:13:20Z,", "2026-09-21T14:13:25Z"];
        let first = ["scheduler-17-0000abcd", "scheduler", "-", "3", "0.1.0", "works"];
        let second = ["worker-18-0000abce", "worker", "interactive,bulk", "3", "0.1.0", "draining"];
        assert_eq!(lines[1], [&first[..], &times].concat());
        assert_eq!(lines[2], [&second[..], &times].concat());
        assert_eq!(lines.len(), 3);
        assert!(processes(&[], SHOW).contains("no process is there"));
    }
}

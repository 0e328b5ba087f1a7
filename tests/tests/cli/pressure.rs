//! Lanes, processes, what is old and what is written out, through the real program.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use checkmate_domain::Timestamp;
use serde_json::Value;

use crate::home::{FINDINGS, Home, Process, example, until};

/// Longer than a process takes to hear what is wished of it.
const HEARD: Duration = Duration::from_millis(2_500);

#[test]
fn a_paused_lane_waits_and_the_other_goes_on() {
    let home = Home::new();
    let up = home.up();
    let said = home.run(&["lane", "pause", "bulk", "--reason", "the tenant is moved"]).fine();
    assert!(said.out.contains("the bulk lane is paused"), "{said:?}");
    let again = home.run(&["lane", "pause", "bulk"]).fine();
    assert!(again.out.contains("was paused before, by tester"), "{again:?}");
    std::thread::sleep(HEARD);
    let path = format!("path:{}", example().display());
    home.run(&["scan", &path, "--bulk", "--no-wait"]).fine();
    assert_eq!(home.scan(&example())["scan"]["state"], "finished", "a person is served meanwhile");
    let bulk = || home.scans().into_iter().find(|scan| scan["lane"] == "bulk").unwrap();
    assert_eq!(bulk()["state"], "planned");
    let list = home.run(&["lane", "list"]).fine().out;
    assert!(list.contains("interactive  open") && list.contains("paused by tester"), "{list}");
    assert!(list.contains("the tenant is moved"), "{list}");

    let resumed = home.run(&["lane", "resume", "bulk"]).fine();
    assert!(resumed.out.contains("goes on; it was paused by tester"), "{resumed:?}");
    until("what waited is done", || bulk()["state"] == "finished");
    assert!(home.run(&["lane", "resume", "bulk"]).fine().out.contains("was not paused"));
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_pause_outlives_the_process_and_holds_from_the_first_moment() {
    let home = Home::new();
    home.run(&["lane", "pause", "bulk"]).fine();
    let path = format!("path:{}", example().display());
    home.run(&["scan", &path, "--bulk", "--no-wait"]).fine();
    let up = home.up();
    std::thread::sleep(HEARD);
    assert_eq!(home.scans()[0]["state"], "planned");
    home.run(&["lane", "resume", "bulk"]).fine();
    until("it goes on", || home.scans()[0]["state"] == "finished");
    assert_eq!(up.stop().code, Some(0));
}

fn processes(home: &Home) -> Vec<Value> {
    home.json(&["workers", "list"]).as_array().unwrap().clone()
}

#[test]
fn a_process_that_is_drained_ends_by_itself() {
    let home = Home::new();
    assert!(home.run(&["workers", "list"]).fine().out.contains("no process is there"));
    let up = home.up();
    until("it says that it is there", || !processes(&home).is_empty());
    let there = processes(&home);
    assert_eq!((there.len(), &there[0]["roles"][1]), (1, &"worker".into()), "{there:?}");
    assert_eq!(there[0]["lanes"], serde_json::json!(["interactive", "bulk"]));
    let id = there[0]["process"].as_str().unwrap();
    assert!(home.run(&["workers", "list"]).fine().out.contains(id));
    let missing = home.run(&["workers", "drain", "zzz"]);
    assert_eq!((missing.code, missing.err.contains("there is no process 'zzz'")), (Some(1), true));
    let asked = home.run(&["workers", "drain", &id[..8]]).fine();
    assert!(asked.out.contains("was asked"), "{asked:?}");
    assert_eq!(up.said().code, Some(0));
    assert!(processes(&home).is_empty(), "it has left the list");
}

/// Two scans that are over and announced, and the process that did them.
fn scanned_twice(home: &Home) -> Process {
    let up = home.up();
    for _ in 0..2 {
        home.scan(&example());
    }
    until("both ends were announced", || home.scans().iter().all(|scan| scan["announced"] == true));
    up
}

#[test]
fn what_is_old_goes_and_what_is_needed_stays() {
    let home = Home::new();
    let up = scanned_twice(&home);
    let young = home.json(&["purge", "--dry-run"]);
    assert_eq!((&young["dry_run"], &young["purged"]["scans"]), (&true.into(), &0.into()), "{young}");
    std::thread::sleep(Duration::from_millis(5));
    let now = Timestamp::now().to_string();
    let goes = home.json(&["purge", "--dry-run", "--before", &now]);
    assert_eq!(
        goes["purged"],
        serde_json::json!({
            "scans": 1, "jobs": 2, "transitions": FINDINGS, "dead_handled": 0, "dead_waiting": 0, "more": false
        })
    );
    assert_eq!(home.scans().len(), 2, "a dry run removes nothing");
    let text = home.run(&["purge", "--before", &now]).fine().out;
    assert!(text.contains("1 scan with 2 jobs") && text.contains(&format!("{FINDINGS} entries")), "{text}");
    assert_eq!(home.scans().len(), 1);
    assert_eq!(home.json(&["findings", "list"]).as_array().unwrap().len(), FINDINGS);
    assert_eq!(home.json(&["purge", "--before", &now])["purged"]["scans"], 0);
    assert_eq!(up.stop().code, Some(0));

    let mistake = home.run(&["purge", "--before", "9000-01-01T00:00:00Z"]);
    assert_eq!((mistake.code, mistake.err.contains("to come")), (Some(2), true), "{mistake:?}");
}

/// How many lines there are of each kind; the last one must say the same.
fn counted(text: &str) -> BTreeMap<String, u64> {
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, last) = (lines.first().unwrap(), lines.last().unwrap());
    assert_eq!((&first["kind"], &last["kind"]), (&"dump".into(), &"end".into()));
    let mut counts = BTreeMap::new();
    for line in &lines[1..lines.len() - 1] {
        *counts.entry(line["kind"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    let said: BTreeMap<String, u64> = serde_json::from_value(last["record"]["lines"].clone()).unwrap();
    assert_eq!(counts, said);
    counts
}

#[test]
fn everything_is_written_out_and_counted() {
    let home = Home::new();
    let up = scanned_twice(&home);
    let through = home.run(&["dump"]).fine().out;
    let counts = counted(&through);
    let found = u64::try_from(FINDINGS).unwrap();
    let expected = [("finding", found), ("job", 4), ("report", 2), ("scan", 2), ("transition", found)];
    assert_eq!(counts, BTreeMap::from(expected.map(|(kind, count)| (kind.to_owned(), count))));
    let said = home.run(&["dump", "--out", "all.jsonl"]).fine();
    assert!(said.out.starts_with(&format!("{} records written to ", 2 * FINDINGS + 8)), "{said:?}");
    assert_eq!(up.stop().code, Some(0));

    let file = home.path("all.jsonl");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let body = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(body(&std::fs::read_to_string(&file).unwrap()), body(&through));
    assert_eq!(body(&home.run(&["dump"]).fine().out), body(&through), "the same without a running process");
    let nowhere = home.run(&["dump", "--out", "no/such/folder/all.jsonl"]);
    assert_eq!((nowhere.code, nowhere.err.contains("is the folder there")), (Some(1), true), "{nowhere:?}");
}

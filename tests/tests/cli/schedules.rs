//! Schedules and rescans as a person meets them, through the process that owns the files.

use std::fs;

use crate::home::{Home, example, until};

/// Once in four years: it ticks in no test.
const LEAP: &str = "\n[schedules.leap]\ncron = \"0 3 29 2 *\"\ntimezone = \"Europe/Berlin\"\nscope = \"export:tenant-export\"\n";

fn add(home: &Home, text: &str) {
    let path = home.path("checkmate.toml");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, before + text).unwrap();
}

/// The state of a schedule in the list.
fn state(home: &Home, name: &str) -> String {
    let all = home.json(&["schedule", "list"]);
    let one = all.as_array().unwrap().iter().find(|one| one["name"] == name);
    one.map_or_else(String::new, |one| one["state"].as_str().unwrap().to_owned())
}

#[test]
fn a_schedule_is_listed_paused_resumed_and_run() {
    let home = Home::new();
    add(&home, LEAP);
    assert_eq!(state(&home, "leap"), "not-seen", "no scheduler ran yet");
    let early = home.run(&["schedule", "pause", "leap"]);
    assert!(early.code == Some(1) && early.err.contains("not seen by a scheduler yet"), "{early:?}");

    let up = home.up();
    until("the schedule is seen", || state(&home, "leap") == "on");
    let said = home.run(&["schedule", "pause", "leap"]).fine();
    assert!(said.out.contains("schedule leap is paused since") && said.out.contains("by tester"), "{said:?}");
    assert_eq!(state(&home, "leap"), "paused");
    let again = home.json(&["schedule", "pause", "leap"]);
    assert_eq!(again["paused"]["by"], "tester", "{again}");
    home.run(&["schedule", "resume", "leap"]).fine();
    assert_eq!(state(&home, "leap"), "on");

    let listed = home.run(&["schedule", "list"]).fine().out;
    for part in
        ["leap  on  export:tenant-export", "Europe/Berlin time", "next     Tue 2028-02-29 03:00:00 +01:00"]
    {
        assert!(listed.contains(part), "{part}\n{listed}");
    }
    let next = home.json(&["schedule", "next", "leap", "--from", "2026-01-01T00:00:00Z", "--count", "2"]);
    assert_eq!(next["ticks"][1]["utc"], "2032-02-29T02:00:00Z", "{next}");

    let run = home.json(&["schedule", "run", "leap"]);
    assert_eq!((&run["scope"], &run["trigger"]["kind"]), (&"export:tenant-export".into(), &"manual".into()));
    let unknown = home.run(&["schedule", "run", "nobody"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("no schedule 'nobody'"), "{unknown:?}");
    let both = home.run(&["schedule", "next", "leap", "--cron", "* * * * *"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_schedule_that_is_added_to_the_file_is_taken_without_a_restart() {
    let home = Home::new();
    let up = home.up();
    assert_eq!(home.json(&["schedule", "list"]), serde_json::json!([]));
    add(&home, LEAP);
    until("the schedule is seen", || state(&home, "leap") == "on");
    let good = fs::read_to_string(home.path("checkmate.toml")).unwrap();
    add(&home, "\n[schedules.bad]\ncron = \"nonsense\"\n");
    let log = || fs::read_to_string(home.path("up.log")).unwrap();
    until("the mistake is told", || log().contains("the schedules stay as they were"));
    fs::write(home.path("checkmate.toml"), good).unwrap();
    assert_eq!(state(&home, "leap"), "on");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn only_what_was_scanned_is_scanned_again() {
    let home = Home::new();
    let never = home.run(&["rescan", "export:tenant-export"]);
    assert!(never.code == Some(1) && never.err.contains("was never scanned here"), "{never:?}");
    let first = home.scan(&example());
    let again = home.json(&["rescan", first["scan"]["scope"].as_str().unwrap()]);
    assert_eq!(again["scan"]["state"], "finished");
    assert_eq!((&again["scan"]["lane"], &again["scan"]["opened"]), (&"interactive".into(), &0.into()));
    assert_ne!(again["scan"]["id"], first["scan"]["id"]);
    assert_eq!(home.scans().len(), 2);
}

//! The doctor before anything runs, while it runs, and when something is wrong.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use checkmate::cli::Cli;
use checkmate_service::metrics::Metric;
use checkmate_testkit::process::free_port;
use checkmate_testkit::redis::{Redis, RedisOptions};
use clap::CommandFactory as _;
use serde_json::Value;

use crate::home::{Home, example, until};

/// The whole page, whatever does not answer; with what a loaded machine needs to start a program.
const WITHIN: Duration = Duration::from_secs(15);

/// The page and its exit code.
fn page(home: &Home) -> (Value, Option<i32>) {
    let said = home.run(&["doctor", "--format", "json"]);
    (said.json(), said.code)
}

fn lines(page: &Value) -> impl Iterator<Item = &Value> {
    page["sections"].as_array().unwrap().iter().flat_map(|section| section["lines"].as_array().unwrap())
}

/// The first line about a thing.
#[track_caller]
fn line<'a>(page: &'a Value, what: &str) -> &'a Value {
    lines(page).find(|line| line["what"] == what).unwrap_or_else(|| panic!("no line about {what}: {page:#}"))
}

#[track_caller]
fn outcome(page: &Value, what: &str) -> String {
    line(page, what)["outcome"].as_str().unwrap().to_owned()
}

#[track_caller]
fn are(page: &Value, expected: &str, things: &[&str]) {
    for what in things {
        assert_eq!(outcome(page, what), expected, "{what}: {page:#}");
    }
}

fn chmod(home: &Home, name: &str, mode: u32) {
    fs::set_permissions(home.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

/// A configuration for many machines with a password file.
fn many_machines(home: &Home, broker: u16, management: u16, store: u16) {
    fs::write(home.path("password"), "guest\n").unwrap();
    chmod(home, "password", 0o600);
    let text = format!(
        "[broker]\nurl = \"amqp://checkmate-worker@127.0.0.1:{broker}/%2F\"\npassword_file = \"password\"\n\
         management_url = \"http://127.0.0.1:{management}\"\n\n[store]\nurl = \"redis://127.0.0.1:{store}\"\n"
    );
    fs::write(home.path("checkmate.toml"), text).unwrap();
}

#[test]
fn a_fresh_folder_is_well_and_stays_as_it_is() {
    let home = Home::new();
    let said = home.run(&["doctor"]).fine();
    for part in ["This machine\n", "the first start makes it", "nobody runs here", "0 wrong"] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let (page, code) = page(&home);
    assert_eq!((code, &page["schema"]), (Some(0), &"checkmate.doctor/1".into()));
    are(&page, "warning", &["roles"]);
    assert!(!home.path(".checkmate").exists(), "looking makes nothing");
}

#[test]
fn what_runs_is_told_by_the_process_that_owns_the_files() {
    let home = Home::new();
    let leap = "\n[schedules.leap]\ncron = \"0 3 29 2 *\"\nscope = \"export:tenant-export\"\n";
    let config = fs::read_to_string(home.path("checkmate.toml")).unwrap();
    fs::write(home.path("checkmate.toml"), config + leap).unwrap();
    let up = home.up();
    home.scan(&example());
    let all = ["scheduler", "worker", "notifier", "leader of keeper", "leader of schedules", "schedules"];
    let seen = || {
        let (page, _) = page(&home);
        all.iter().all(|what| lines(&page).any(|line| line["what"] == *what && line["outcome"] == "fine"))
    };
    until("all is well", seen);
    let (told, code) = page(&home);
    assert_eq!(code, Some(0), "{told:#}");
    let rest =
        ["data folder", "fingerprint key", "software", "durability", "clock", "lanes", "queues", "scans"];
    are(&told, "fine", &[&rest[..], &["dead letters"]].concat());
    assert!(line(&told, "software")["found"].as_str().unwrap().starts_with("SQLite "), "{told:#}");

    home.run(&["lane", "pause", "bulk"]).fine();
    home.run(&["schedule", "pause", "leap"]).fine();
    let (paused, code) = page(&home);
    assert_eq!(code, Some(0), "somebody should look, and nothing is wrong");
    are(&paused, "warning", &["lane", "schedule"]);
    assert!(line(&paused, "lane")["mend"].as_str().unwrap().contains("lane resume bulk"), "{paused:#}");
    let dump = home.run(&["dump"]).fine().out;
    let schedule = dump.lines().find(|line| line.starts_with(r#"{"kind":"schedule""#)).unwrap();
    let schedule: Value = serde_json::from_str(schedule).unwrap();
    assert_eq!(schedule["record"]["name"], "leap");
    assert_eq!(schedule["record"]["state"]["paused"]["by"], "tester");
    assert_eq!(up.stop().code, Some(0));

    let (stopped, code) = page(&home);
    assert_eq!(code, Some(0), "{stopped:#}");
    are(&stopped, "warning", &["roles", "lane"]);
    are(&stopped, "fine", &["fingerprint key", "software", "queues"]);
}

#[test]
fn an_owner_that_hangs_is_not_fine_and_holds_nobody_up() {
    let home = Home::new();
    let up = home.up();
    up.signal("STOP");
    let began = Instant::now();
    let (page, code) = page(&home);
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
    assert_eq!(code, Some(3), "nothing is known to be wrong: {page:#}");
    are(&page, "could-not-look", &["store", "fingerprint key", "scheduler", "lanes", "dead letters"]);
    assert!(line(&page, "store")["reason"].as_str().unwrap().contains("no answer within 5 s"), "{page:#}");
    up.signal("CONT");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn wrong_modes_and_another_key_are_told_with_what_mends_them() {
    let home = Home::new();
    home.run(&["scans", "list"]).fine();
    assert_eq!(page(&home).1, Some(0));
    chmod(&home, ".checkmate", 0o755);
    chmod(&home, ".checkmate/fingerprint.key", 0o644);
    let said = home.run(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    for mend in ["fix: chmod 700 .checkmate", "fix: chmod 600 .checkmate/fingerprint.key"] {
        assert!(said.out.contains(mend), "{mend}\n{}", said.out);
    }
    chmod(&home, ".checkmate", 0o700);
    fs::write(home.path(".checkmate/fingerprint.key"), [9; 32]).unwrap();
    chmod(&home, ".checkmate/fingerprint.key", 0o600);
    let (other, code) = page(&home);
    assert_eq!((code, outcome(&other, "fingerprint key").as_str()), (Some(1), "wrong"), "{other:#}");
    fs::remove_file(home.path(".checkmate/fingerprint.key")).unwrap();
    let (gone, code) = page(&home);
    assert_eq!((code, outcome(&gone, "fingerprint key").as_str()), (Some(1), "wrong"), "{gone:#}");
    assert!(!home.path(".checkmate/fingerprint.key").exists(), "no other key is made");
}

#[test]
fn a_configuration_that_cannot_be_understood_is_wrong_and_the_rest_unknown() {
    let home = Home::new();
    fs::write(home.path("checkmate.toml"), "[worker]\nslotz = 3\n").unwrap();
    let (page, code) = page(&home);
    assert_eq!(code, Some(1));
    assert!(line(&page, "file")["found"].as_str().unwrap().contains("slotz"), "{page:#}");
    are(&page, "could-not-look", &["store", "broker", "work"]);
}

#[test]
fn servers_that_do_not_answer_are_told_in_time() {
    let home = Home::new();
    // They take connections as long as they are kept, and never say a word.
    let listeners: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let silent: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    let closed = [free_port(), free_port(), free_port()];
    for ports in [&closed[..], &silent[..]] {
        many_machines(&home, ports[0], ports[1], ports[2]);
        let began = Instant::now();
        let (page, code) = page(&home);
        assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
        assert_eq!(code, Some(1), "{page:#}");
        are(&page, "wrong", &["login", "store", "fingerprint key"]);
        are(
            &page,
            "could-not-look",
            &["setup and alarms", "scheduler", "schedules", "scans", "dead letters"],
        );
        are(&page, "fine", &["file", "broker.password_file", "time zones", "time limit"]);
    }
}

#[test]
fn a_redis_that_forgets_is_wrong_and_looked_at_all_the_same() {
    let home = Home::new();
    let redis = Redis::start_with(RedisOptions { append_only: false, ..RedisOptions::default() });
    many_machines(&home, free_port(), free_port(), redis.port());
    let (page, code) = page(&home);
    assert_eq!(code, Some(1), "{page:#}");
    assert!(line(&page, "software")["found"].as_str().unwrap().starts_with("Redis "), "{page:#}");
    are(&page, "wrong", &["durability"]);
    assert!(line(&page, "durability")["mend"].as_str().unwrap().contains("appendonly yes"), "{page:#}");
    are(&page, "fine", &["clock", "encryption", "lanes"]);
    are(&page, "warning", &["roles"]);
}

/// Every text in backquotes of `docs/operations.md`.
fn quoted(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn the_page_for_the_night_names_commands_and_metrics_that_there_are() {
    let page = fs::read_to_string(example().join("../../docs/operations.md")).unwrap();
    let program = Cli::command();
    let (mut commands, mut metrics) = (0, 0);
    for text in quoted(&page) {
        if let Some(words) = text.strip_prefix("checkmate ") {
            let mut at = &program;
            // Up to the first word that is a value.
            for word in
                words.split(' ').take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
            {
                if at.has_subcommands() {
                    let known = at.find_subcommand(word);
                    at = known.unwrap_or_else(|| panic!("there is no command '{word}' in '{text}'"));
                }
            }
            commands += 1;
        } else if text.starts_with("checkmate_") {
            assert!(Metric::ALL.iter().any(|metric| metric.name() == text), "there is no metric {text}");
            metrics += 1;
        }
    }
    assert!(commands > 40 && metrics > 10, "{commands} commands, {metrics} metrics");
}

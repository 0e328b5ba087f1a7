//! What a person gets wrong: what, where, and what to do about it; and an exit code that a script can use.

use std::fs;
use std::process::Stdio;

use crate::home::{Home, example};

#[test]
fn each_mistake_is_told_with_what_to_do() {
    let home = Home::new();
    home.scan(&example());
    fs::write(home.path("file.txt"), "no export").unwrap();
    // What was typed, the exit code, what is said.
    let cases: [(&[&str], i32, &[&str]); 17] = [
        (&["scan", "foo"], 2, &["'foo' is not a scope", "export:acme or path:./my-export"]),
        (
            &["scan", "blah:x"],
            2,
            &["'blah:' is not a kind of scope", "use org, auth0, github, export, connection, or path"],
        ),
        (&["scan", "export:../x"], 2, &["'export:../x' is not a name", "use 1 to 200 letters"]),
        (
            &["scan", "auth0:a.eu.auth0.com"],
            1,
            &["nothing here scans 'auth0:' scopes yet", "this release knows export"],
        ),
        (&["scan", "path:nowhere"], 1, &["there is no folder nowhere", "give the folder of a tenant export"]),
        (&["scan"], 2, &["<SCOPE>", "--help"]),
        (&["scans", "show", "zzz"], 1, &["there is no scan 'zzz'", "checkmate scans list"]),
        (&["scans", "cancel", "zzz"], 1, &["there is no scan 'zzz'"]),
        (&["findings", "show", "zzz"], 1, &["there is no finding 'zzz'", "findings list --all"]),
        (&["findings", "show", "v1."], 1, &["more than one finding begins with 'v1.'", "give more of"]),
        (&["findings", "list", "--target", ""], 2, &["target id is empty"]),
        (&["dead", "show", "zzz"], 1, &["there is no dead letter 'zzz'", "dead list --all"]),
        (&["dead", "replay"], 2, &["<ID|--all>"]),
        (&["dead", "discard", "x", "--all"], 2, &["cannot be used with"]),
        (&["worker"], 1, &["broker.url and store.url", "checkmate up"]),
        (&["worker", "--lane", "fast"], 2, &["'fast' is not a lane", "interactive or bulk"]),
        (&["--config", "none.toml", "scans", "list"], 2, &["cannot read the configuration none.toml"]),
    ];
    for (args, code, texts) in cases {
        let said = home.run(args);
        assert_eq!(said.code, Some(code), "{args:?}: {said:?}");
        for text in texts {
            assert!(said.err.contains(text), "{args:?} should say '{text}': {}", said.err);
        }
        assert!(!said.err.contains("panicked") && said.out.is_empty(), "{args:?}: {said:?}");
    }
}

#[test]
fn a_scan_that_fails_says_why_and_exits_with_an_error() {
    let home = Home::new();
    fs::create_dir(home.path("empty")).unwrap();
    fs::write(home.path("file.txt"), "no export").unwrap();
    let cases = [
        ("export:unknown", "no export is called 'unknown'", "name its folder in the configuration"),
        ("path:empty", "is not a tenant export", "a0deploy export"),
        ("path:file.txt", "is not a folder", "expected the folder of an export"),
    ];
    for (scope, what, to_do) in cases {
        let said = home.run(&["scan", scope]);
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(
            text.contains("failed(discover)") && text.contains(what) && text.contains(to_do),
            "{scope}: {}",
            said.out
        );
    }
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_the_place() {
    let home = Home::new();
    let cases = [
        ("[worker]\nslotz = 3\n", &["broken.toml", "line 2", "slotz"] as &[&str]),
        ("[worker\n", &["broken.toml", "line 1"]),
        ("[worker]\nfence_ttl = \"-3s\"\n", &["broken.toml", "fence_ttl"]),
        ("[scan]\nwindow = 0\n", &["scan.window must be at least 1"]),
        ("[worker]\nslots = 0\n", &["worker.slots must be at least 1"]),
        ("[notifier]\nmax_loads = 0\n", &["notifier.max_loads must be at least 1"]),
        ("[scan]\ntime_limit = \"0s\"\n", &["scan.time_limit must be at least 1s"]),
        ("[keeper]\nevery = \"0s\"\n", &["keeper.every must be at least 10ms"]),
        ("[broker]\nurl = \"amqp://localhost\"\n", &["must be of one kind", "both sqlite:"]),
        ("[store]\nurl = \"postgres://x\"\n", &["store.url is not understood", "redis://"]),
        ("[broker]\nurl = \"sqlite:one.db\"\n[store]\nurl = \"sqlite:one.db\"\n", &["same file", "one.db"]),
    ];
    for (text, says) in cases {
        fs::write(home.path("broken.toml"), text).unwrap();
        let said = home.run(&["--config", "broken.toml", "scans", "list"]);
        assert_eq!(said.code, Some(2), "{text}: {said:?}");
        for what in says {
            assert!(said.err.contains(what), "{text} should say '{what}': {}", said.err);
        }
    }
    fs::write(home.path("broken.toml"), "[worker]\nslots = 1\ninteractive_slots = 1\n").unwrap();
    let said = home.run(&["--config", "broken.toml", "scan", &format!("path:{}", example().display())]);
    assert!(said.code == Some(2) && said.err.contains("--lane"), "{said:?}");
}

#[test]
fn a_key_that_is_not_the_one_or_open_to_everybody_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.scan(&example());
    let key = home.path(".checkmate/fingerprint.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let said = home.run(&["scans", "list"]);
    assert!(said.code != Some(0) && said.err.contains("chmod 600"), "{said:?}");
    fs::write(&key, [7; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let said = home.run(&["scans", "list"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("restore that key file"), "{said:?}");
}

#[test]
fn a_cron_expression_is_explained_without_any_configuration() {
    let home = Home::new();
    fs::write(home.path("checkmate.toml"), "broken").unwrap();
    let zone = ["--timezone", "America/New_York", "--from", "2026-03-07T12:00:00Z", "--count", "2"];
    let ask =
        |cron: &str, more: &[&str]| home.run(&[&["schedule", "next", "--cron", cron][..], more].concat());
    let said = ask("30 2 * * *", &[&zone[..], &["--format", "json"][..]].concat()).fine().json();
    assert_eq!(said["ticks"][0]["utc"], "2026-03-08T07:00:00Z", "03:00, right after the gap: {said}");
    assert_eq!(said["ticks"][1]["local"], "Mon 2026-03-09 02:30:00 -04:00");
    let wrong = [("0 0 30 2 *", "UTC", "never comes"), ("* * * * *", "Europe/Berlyn", "Europe/Berlin")];
    for (cron, zone, why) in wrong {
        let said = ask(cron, &["--timezone", zone]);
        assert_eq!((said.code, said.err.contains(why)), (Some(2), true), "{said:?}");
    }
    let said = ask("@daily", &["--from", "tomorrow"]);
    assert_eq!((said.code, said.err.contains("is not a time")), (Some(2), true), "{said:?}");
}

#[test]
fn whoever_stops_reading_is_told_nothing() {
    let home = Home::new();
    home.scan(&example());
    let mut child =
        home.command(&["findings", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

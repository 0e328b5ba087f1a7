//! `config` and `completions` through the real binary, and the committed documents against the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::home::Home;

const SCHEDULES: &str = "[schedules.nightly]\ncron = \"30 2 * * *\"\nscope = \"export:acme\"\n";

#[test]
fn a_fresh_file_is_fine_and_is_not_replaced() {
    let home = Home::new();
    fs::remove_file(home.path("checkmate.toml")).unwrap();
    let said = home.run(&["config", "init"]).fine();
    assert!(said.out.contains("wrote checkmate.toml") && said.out.contains("config check"), "{said:?}");
    let said = home.run(&["config", "check"]).fine();
    assert!(said.out.contains("ok: read from checkmate.toml") && said.out.contains("0 keys set"), "{said:?}");
    let again = home.run(&["config", "init"]);
    assert!(again.code == Some(1) && again.err.contains("--force"), "{again:?}");
    fs::write(home.path("checkmate.toml"), "broken").unwrap();
    home.run(&["config", "init", "--force"]).fine();
    home.run(&["config", "check"]).fine();
    assert!(!home.path(".checkmate").exists(), "these commands open nothing");
    assert_eq!(home.run(&["config", "init", "--print"]).fine().out, checkmate::config::template());
}

#[test]
fn mistakes_are_told_all_at_once_and_exit_with_2() {
    let home = Home::new();
    fs::write(home.path("a.toml"), "[worker]\nslotz = 3\n[store]\npassword = \"hunter2\"\n").unwrap();
    for args in [&["config", "check", "a.toml"][..], &["--config", "a.toml", "config", "show"]] {
        let said = home.run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        for text in ["2 mistakes", "a.toml:2:1: ", "did you mean 'slots'?", "a.toml:4:1: ", "password_file"] {
            assert!(said.err.contains(text), "{args:?} should say '{text}': {}", said.err);
        }
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
    let said = home.run(&["config", "check", "none.toml"]);
    assert!(said.code == Some(2) && said.err.contains("cannot read the configuration none.toml"), "{said:?}");
}

#[test]
fn what_leases_lack_is_told_before_anything_starts() {
    let home = Home::new();
    for (text, lacks) in [
        ("[auth0]\ndomain = \"acme.eu.auth0.com\"\n", "auth0.client_id is not"),
        ("[auth0]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"c\"\n", "one of auth0.client_key_file"),
        ("[connections.jira]\nprovider = \"atlassian\"\nuser = \"auth0|a\"\n", "auth0.domain is not"),
        (
            "[auth0]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"c\"\nclient_key_file = \"k\"\n\
             [connections.jira]\nprovider = \"atlassian\"\nuser = \"auth0|a\"\n",
            "vault.subject_key_file is not",
        ),
        (
            "[auth0]\ndomain = \"https://acme.eu.auth0.com\"\nclient_id = \"c\"\nclient_key_file = \"k\"\n",
            "auth0.domain is 'https://acme.eu.auth0.com'",
        ),
        (
            "[auth0]\ndomain = \"ACME.eu.auth0.com\"\nclient_id = \"c\"\nclient_key_file = \"k\"\n",
            "in small letters",
        ),
        (
            "[auth0]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"c\"\nclient_key_file = \"k\"\n\
             [vault]\nmode = \"refresh-token\"\nsubject_token_file = \"t\"\n\
             [connections.jira]\nprovider = \"atlassian\"\nuser = \"auth0|alice\"\n\
             [connections.github]\nprovider = \"github\"\nuser = \"auth0|bob\"\n",
            "is the token of one person",
        ),
        (
            "[auth0]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"c\"\nclient_key_file = \"k\"\n\
             [vault]\nsubject_key_file = \"k\"\n[connections.jira]\nprovider = \"atlassian\"\nuser = \"auth0|a\"\n",
            "they have to be two keys",
        ),
        (
            "[tenants.acme]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"c\"\n",
            "[tenants.acme] needs one of",
        ),
    ] {
        fs::write(home.path("checkmate.toml"), text).unwrap();
        let said = home.run(&["config", "check"]);
        assert!(said.code == Some(2) && said.err.contains(lacks), "{text}: {said:?}");
    }
}

#[test]
fn each_value_is_told_with_where_it_came_from() {
    let home = Home::new();
    fs::write(home.path("checkmate.toml"), format!("[worker]\nslots = 3\n{SCHEDULES}")).unwrap();
    let mut command = home.command(&["config", "show", "--format", "json"]);
    let output = command.env("CHECKMATE_SCAN_WINDOW", "7").output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = |key: &str| {
        let keys = shown["keys"].as_array().unwrap();
        let told = keys.iter().find(|told| told["key"] == key).unwrap_or_else(|| panic!("no {key}: {shown}"));
        (told["value"].clone(), told["from"].as_str().unwrap().to_owned())
    };
    assert_eq!(told("worker.slots"), (Value::from("3"), "checkmate.toml:2".to_owned()));
    assert_eq!(told("scan.window"), (Value::from("7"), "CHECKMATE_SCAN_WINDOW".to_owned()));
    assert_eq!(told("scan.time_limit"), (Value::from("\"15m\""), "default".to_owned()));
    assert_eq!(told("store.url"), (Value::Null, "default".to_owned()));
    assert_eq!(
        told("schedules.nightly.cron"),
        (Value::from("\"30 2 * * *\""), "checkmate.toml:4".to_owned())
    );
    assert_eq!(told("schedules.nightly.timezone"), (Value::from("\"UTC\""), "default".to_owned()));
    let text = home.run(&["config", "show"]).fine().out;
    assert!(text.contains("checkmate.toml:2") && text.contains("retention.results"), "{text}");
}

#[test]
fn a_check_is_quick() {
    let home = Home::new();
    fs::write(home.path("checkmate.toml"), SCHEDULES).unwrap();
    let took = (0..5).map(|_| {
        let begun = Instant::now();
        home.run(&["config", "check"]).fine();
        begun.elapsed()
    });
    // The best of some, because the machine may be busy with other tests. Measured for a build that is not optimised.
    let best = took.min().unwrap();
    assert!(best < Duration::from_millis(200), "{best:?}");
}

#[test]
fn shells_get_their_completions() {
    let home = Home::new();
    for (shell, says) in
        [("bash", "_checkmate()"), ("zsh", "#compdef checkmate"), ("fish", "complete -c checkmate")]
    {
        let said = home.run(&["completions", shell]).fine();
        assert!(said.out.contains(says) && said.out.contains("findings"), "{shell}: {}", said.out);
    }
}

#[test]
fn the_committed_documents_are_those_of_the_program() {
    let schema = serde_json::to_string_pretty(&checkmate::config::schema()).unwrap() + "\n";
    same(&docs("configuration.md"), &checkmate::config::document(), |text| Value::String(text.to_owned()));
    same(&docs("configuration.schema.json"), &schema, |text| serde_json::from_str(text).unwrap_or_default());
}

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs").join(name)
}

/// Compares a committed file with what the program writes; with `CHECKMATE_REGENERATE` set, writes it.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test that its caller asks to write")]
fn same(file: &Path, made: &str, meaning: impl Fn(&str) -> Value) {
    if std::env::var_os("CHECKMATE_REGENERATE").is_some() {
        fs::write(file, made).unwrap();
    }
    let committed = fs::read_to_string(file).unwrap_or_default();
    assert!(
        meaning(&committed) == meaning(made),
        "{} is not what the program writes: run CHECKMATE_REGENERATE=1 cargo test -p checkmate-tests --test cli, and commit it",
        file.display()
    );
}

//! One scan and what can be asked about it.

use serde_json::Value;

use crate::home::{FINDINGS, Home, example, masked};

fn scan(home: &Home) -> crate::home::Said {
    home.run(&["scan", &format!("path:{}", example().display())]).fine()
}

#[test]
fn the_first_scan_says_what_to_do_first_and_what_next() {
    let home = Home::new();
    let said = scan(&home);
    insta::assert_snapshot!("first_scan", masked(&said.out));
    assert!(
        ["waits for a worker", "looking for targets", "done"].iter().any(|step| said.err.contains(step)),
        "progress is told: {}",
        said.err
    );
    assert!(!said.out.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn a_second_scan_opens_nothing_and_every_list_knows_of_both() {
    let home = Home::new();
    scan(&home);
    let said = scan(&home);
    assert!(
        said.out.contains(&format!("{FINDINGS} open findings, 0 opened and 0 resolved by this scan")),
        "{}",
        said.out
    );
    let scans = home.scans();
    assert_eq!(scans.len(), 2);
    let opened: Vec<&Value> = scans.iter().map(|scan| &scan["opened"]).collect();
    assert_eq!(opened, [0, FINDINGS]);
    assert!(scans.iter().all(|scan| scan["state"] == "finished" && scan["trigger"]["who"] == "tester"));

    insta::assert_snapshot!("scans_list", masked(&home.run(&["scans", "list"]).fine().out));
    insta::assert_snapshot!("findings_list", masked(&home.run(&["findings", "list"]).fine().out));
    assert_eq!(home.run(&["dead", "list"]).fine().out, "no dead letters wait\n");
    // By id, and by its beginning.
    let id = scans[0]["id"].as_str().unwrap();
    for name in [id, &id[..10]] {
        assert_eq!(home.json(&["scans", "show", name])["scan"], scans[0]);
    }
    let watched = home.run(&["scans", "watch", id]).fine();
    assert!(watched.out.contains("What to do first"), "what is over is shown at once");
    let cancelled = home.run(&["scans", "cancel", id]).fine();
    assert!(cancelled.out.contains("was over before: finished"), "{}", cancelled.out);
}

#[test]
fn one_finding_is_shown_with_evidence_fix_and_history() {
    let home = Home::new();
    scan(&home);
    let findings = home.json(&["findings", "list"]);
    let first = &findings[0];
    let fingerprint = first["finding"]["fingerprint"].as_str().unwrap();
    for name in [fingerprint, &fingerprint[..11], &fingerprint[3..12]] {
        let shown = home.json(&["findings", "show", name]);
        assert_eq!(&shown["record"], first);
        assert_eq!(shown["rule"]["id"], first["finding"]["rule"]);
        assert_eq!(shown["history"].as_array().unwrap().len(), 1);
        assert_eq!(shown["history"][0]["kind"], "opened");
    }
    insta::assert_snapshot!("finding", masked(&home.run(&["findings", "show", fingerprint]).fine().out));
}

#[test]
fn json_is_one_document_with_the_fields_that_others_build_on() {
    let home = Home::new();
    let view = home.scan(&example());
    assert_eq!(view["schema"], "checkmate.scan/1");
    assert_eq!(
        (&view["scan"]["state"], &view["scan"]["scope"]),
        (&"finished".into(), &"export:tenant-export".into())
    );
    for number in ["total", "done", "pending", "opened", "resolved"] {
        assert!(view["scan"][number].is_u64(), "{number}: {}", view["scan"]);
    }
    let checks = view["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| {
        let known = ["passed", "failed", "not-applicable", "not-assessed"];
        check["rule"].is_string() && known.iter().any(|word| check["status"] == *word)
    }));
    let findings = view["findings"].as_array().unwrap();
    assert_eq!(findings.len(), FINDINGS);
    for record in findings {
        let finding = &record["finding"];
        for text in ["fingerprint", "rule", "title", "severity", "exposure", "resource_name"] {
            assert!(finding[text].is_string(), "{text}: {finding}");
        }
        assert!(
            finding["evidence"]["seen"].is_string() && finding["place"]["target"] == "export:tenant-export"
        );
        assert!(record["triage"]["priority"].is_string() && record["triage"]["reason"].is_string());
        assert_eq!((&record["state"], &record["reopened"]), (&"open".into(), &0.into()));
    }
    assert_eq!(home.json(&["findings", "list"]).as_array(), Some(findings));
    assert_eq!(home.json(&["dead", "list"]), Value::Array(Vec::new()));
}

#[test]
fn asked_for_without_waiting_it_is_done_by_whoever_comes_next() {
    let home = Home::new();
    let path = format!("path:{}", example().display());
    let said = home.run(&["scan", &path, "--no-wait"]).fine();
    assert!(said.out.contains("is asked for; follow it: "), "{}", said.out);
    let waiting = home.scans();
    assert_eq!(waiting[0]["state"], "planned");
    let id = waiting[0]["id"].as_str().unwrap();
    let watched = home.run(&["scans", "watch", id, "--format", "json"]).fine().json();
    assert_eq!((&watched["scan"]["id"], &watched["scan"]["state"]), (&id.into(), &"finished".into()));
}

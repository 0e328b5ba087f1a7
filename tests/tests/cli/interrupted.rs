//! Stopped in the middle: nothing is lost, and whoever comes next goes on.

use std::time::{Duration, Instant};

use crate::home::{Home, until};

/// All scans are over and complete, each export has its finding once.
fn complete(home: &Home, exports: usize) {
    let scans = home.scans();
    for scan in &scans {
        assert_eq!((&scan["state"], &scan["done"]), (&"finished".into(), &exports.into()), "{scan}");
        assert_eq!((&scan["pending"], &scan["in_window"]), (&0.into(), &0.into()));
    }
    let opened: u64 = scans.iter().map(|scan| scan["opened"].as_u64().unwrap()).sum();
    let findings = home.json(&["findings", "list", "--all"]);
    let findings = findings.as_array().unwrap();
    assert_eq!(opened, findings.len() as u64, "each was opened once");
    let of_rule =
        findings.iter().filter(|record| record["finding"]["rule"] == "auth0.applications.grant-types");
    assert_eq!(of_rule.count(), exports);
}

fn is_over(home: &Home) -> bool {
    home.scans().iter().all(|scan| scan["state"].as_str().unwrap().starts_with("finished"))
}

#[test]
fn control_c_ends_a_scan_soon_and_loses_nothing() {
    let home = Home::new();
    let path = format!("path:{}", home.exports("tenants", 300).display());
    let scan = home.start(&["scan", &path]);
    until("it began", || {
        home.path(".checkmate/control.sock").exists()
            && home.scans().first().is_some_and(|scan| scan["done"] != 0)
    });
    let began = Instant::now();
    scan.signal("INT");
    let said = scan.said();
    if said.code == Some(0) {
        // It was done before it heard the signal: nothing to go on with.
        return complete(&home, 300);
    }
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "not the whole grace period when nothing is left to wait for"
    );
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("nothing is lost") && said.err.contains("checkmate up"), "{said:?}");
    assert!(!is_over(&home));

    let id = home.scans()[0]["id"].as_str().unwrap().to_owned();
    let watched = home.run(&["scans", "watch", &id]);
    assert_eq!(watched.code, Some(0), "whoever watches goes on with it: {watched:?}");
    complete(&home, 300);
}

#[test]
fn killed_in_the_middle_up_goes_on_where_it_was() {
    let home = Home::new();
    let path = format!("path:{}", home.exports("tenants", 300).display());
    let mut up = home.up();
    home.run(&["scan", &path, "--no-wait"]).fine();
    for done in [1, 120] {
        until("some are done", || home.scans()[0]["done"].as_u64().unwrap() >= done);
        up.kill();
        up = home.up();
    }
    until("all is over", || is_over(&home));
    complete(&home, 300);
    assert_eq!(home.json(&["dead", "list", "--all"]), serde_json::Value::Array(Vec::new()));
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_cancelled_scan_begins_nothing_more() {
    let home = Home::new();
    let path = format!("path:{}", home.exports("tenants", 300).display());
    let up = home.up();
    let scan = home.start(&["scan", &path]);
    until("it began", || !home.scans().is_empty());
    let id = home.scans()[0]["id"].as_str().unwrap().to_owned();
    let said = home.run(&["scans", "cancel", &id]).fine();
    let scan = scan.said();
    if said.out.contains("is cancelled") {
        assert_eq!(scan.code, Some(3), "not everything was looked at: {scan:?}");
        assert!(scan.out.contains("cancelled"), "{scan:?}");
        let state = home.json(&["scans", "show", &id]);
        assert_eq!(state["scan"]["state"], "cancelled");
    }
    assert_eq!(up.stop().code, Some(0));
}

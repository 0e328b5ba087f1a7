//! What scans say one after the other, from the export to the lifecycle.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::home::{Home, application, export};

const RULE: &str = "auth0.applications.grant-types";

/// The state of each finding of the rule, by the place where it is.
fn states(home: &Home) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = home.json(&["findings", "list", "--all"]);
    let findings = findings.as_array().unwrap().iter().filter(|record| record["finding"]["rule"] == RULE);
    let place = |record: &Value| {
        let place = &record["finding"]["place"];
        format!("{}/{}", text(&place["target"]), text(&record["finding"]["resource_name"]))
    };
    findings.map(|record| (place(record), text(&record["state"]))).collect()
}

fn of(states: &BTreeMap<String, String>, state: &str) -> usize {
    states.values().filter(|found| *found == state).count()
}

#[test]
fn one_of_a_thousand_applications_cannot_be_read_and_its_finding_stays_open() {
    let home = Home::new();
    let folder = home.path("large");
    let names: Vec<String> = (0..1_000).map(|n| format!("app-{n:04}")).collect();
    export(&folder, &names.iter().map(|name| (name.as_str(), true)).collect::<Vec<_>>());
    home.scan(&folder);
    assert_eq!(of(&states(&home), "open"), 1_000);

    for name in &names {
        application(&folder, name, false);
    }
    fs::write(folder.join("clients/app-0500.json"), [0xff, 0xfe, 0x00, b'{']).unwrap();
    let view = home.scan(&folder);
    let states = states(&home);
    assert_eq!((of(&states, "open"), of(&states, "resolved")), (1, 999));
    assert_eq!(states["export:large/app-0500"], "open");
    let check = view["checks"].as_array().unwrap().iter().find(|check| check["rule"] == RULE).unwrap();
    assert_eq!(check["status"], "not-assessed", "{check}");
    assert!(check["unseen"].to_string().contains("app-0500"), "{check}");
}

#[test]
fn a_finding_is_resolved_and_comes_back() {
    let home = Home::new();
    let folder = home.path("shop");
    export(&folder, &[("Shop", true), ("Gone", true)]);
    home.scan(&folder);
    application(&folder, "Shop", false);
    fs::remove_file(folder.join("clients/Gone.json")).unwrap();
    let view = home.scan(&folder);
    assert_eq!(view["scan"]["resolved"], 1);
    let after = states(&home);
    assert_eq!(
        (after["export:shop/Shop"].as_str(), after["export:shop/Gone"].as_str()),
        ("resolved", "withdrawn")
    );
    application(&folder, "Shop", true);
    let view = home.scan(&folder);
    assert_eq!((&view["scan"]["opened"], &view["scan"]["resolved"]), (&1.into(), &0.into()));
    assert_eq!(states(&home)["export:shop/Shop"], "reopened");
}

#[test]
fn a_target_missing_from_two_scans_is_withdrawn_and_one_that_was_away_once_is_not() {
    let home = Home::new();
    let folder = home.exports("tenants", 3);
    home.scan(&folder);
    assert_eq!(of(&states(&home), "open"), 3);
    let (away, back) = (folder.join("tenant-001"), home.path("kept"));
    fs::rename(&away, &back).unwrap();
    fs::remove_dir_all(folder.join("tenant-002")).unwrap();
    let view = home.scan(&folder);
    assert_eq!((&view["scan"]["total"], &view["scan"]["state"]), (&1.into(), &"finished".into()));
    assert_eq!(of(&states(&home), "open"), 3, "missing once is not gone");
    fs::rename(&back, &away).unwrap();
    let view = home.scan(&folder);
    assert_eq!(view["scan"]["total"], 3, "two that are there, one to withdraw");
    let after = states(&home);
    assert_eq!((of(&after, "open"), of(&after, "withdrawn")), (2, 1), "{after:?}");
    assert_eq!(after["export:tenants/tenant-002/Shop"], "withdrawn");
}

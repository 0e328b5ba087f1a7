//! The scanner through its contract: what it finds, what it refuses, and that one bad file costs one resource.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot build its input must fail")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use checkmate_domain::{CollectionId, Part, PartId, ResourceId, RuleId, Scope, Statement};
use checkmate_scanners::{ExportScanner, ScanContext, ScanError, Scanner};
use common::{context, discover, root, run, scan, scanner, target, told, try_scan};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("folder")
}

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("parent")).expect("made");
    fs::write(file, text).expect("written");
}

fn targets(path: &Path) -> (Vec<String>, bool) {
    let found = discover(path).expect("listed");
    (found.targets.iter().map(ToString::to_string).collect(), found.complete)
}

#[test]
fn one_export_is_one_target_in_any_layout() {
    let cases: [&[&str]; 5] = [
        &["tenant.json"],
        &["tenant.yaml"],
        &["tenant.yaml", "actions/a/code.js", "clients/page.html"],
        &["clients/Shop.json"],
        &["database-connections/users/database.json"],
    ];
    for files in cases {
        let folder = folder();
        for file in files {
            write(folder.path(), file, "{}\n");
        }
        assert_eq!(targets(folder.path()), (vec!["export:acme".to_owned()], true), "{files:?}");
    }
}

#[test]
fn a_folder_of_exports_is_a_target_each_in_stable_order() {
    let folder = folder();
    for sub in ["prod-eu", "prod-us", "clients", ".hidden"] {
        write(folder.path(), &format!("{sub}/tenant.json"), "{}");
    }
    write(folder.path(), "notes/readme.txt", "nothing");
    write(folder.path(), "staging/tenant.yaml", "tenant: {}\n");
    symlink(folder.path().join("prod-eu"), folder.path().join("linked")).expect("linked");
    let expected = ["clients", "prod-eu", "prod-us", "staging"].map(|sub| format!("export:acme/{sub}"));
    assert_eq!(targets(folder.path()), (expected.to_vec(), true));
    assert_eq!(
        try_scan(folder.path(), "export:acme/prod-eu").expect("a report").target.as_str(),
        "export:acme/prod-eu"
    );
}

#[test]
fn a_folder_that_cannot_be_told_leaves_the_list_open() {
    let folder = folder();
    write(folder.path(), "good/tenant.json", "{}");
    write(folder.path(), "both/tenant.json", "{}");
    write(folder.path(), "both/tenant.yaml", "");
    assert_eq!(targets(folder.path()), (vec!["export:acme/good".to_owned()], false));
}

#[test]
fn what_is_not_there_or_not_an_export_is_said_with_what_to_do() {
    let folder = folder();
    write(folder.path(), "notes.txt", "");
    write(folder.path(), "exports/a/tenant.json", "{}");
    let errors = [
        try_scan(&folder.path().join("gone"), "export:acme"),
        try_scan(folder.path(), "export:other"),
        try_scan(folder.path(), "export:acme"),
        try_scan(folder.path(), "export:acme/gone"),
        try_scan(folder.path(), "export:acme/../exports"),
        try_scan(folder.path(), "export:acme/.."),
        try_scan(folder.path(), "export:acme/"),
        try_scan(&folder.path().join("notes.txt"), "export:acme"),
        try_scan(folder.path(), "auth0:acme"),
    ];
    let home = folder.path().display().to_string();
    let told: Vec<String> = errors
        .map(|error| match error.expect_err("refused") {
            ScanError::Missing(text) => format!("missing: {}", text.replace(&home, "HOME")),
            ScanError::Permanent(text) => format!("permanent: {}", text.replace(&home, "HOME")),
            other => panic!("{other:?}"),
        })
        .into();
    insta::assert_snapshot!("refusals", told.join("\n"));
    assert!(matches!(discover(&folder.path().join("gone")), Err(ScanError::Missing(_))));
    assert!(matches!(discover(folder.path()), Err(ScanError::Permanent(_))));
}

#[test]
fn stops_when_told_and_has_no_parts() {
    let example = root().join("examples/tenant-export");
    let stopped = ScanContext { stop: tokio_util::sync::CancellationToken::new(), ..context() };
    stopped.stop.cancel();
    let scanner = scanner(&example);
    let result = run(scanner.scan(&target("export:acme"), None, &stopped));
    assert!(matches!(result, Err(ScanError::Stopped)), "{result:?}");
    let part = Part { id: PartId::new("p").expect("id"), rules: vec![], resources: vec![] };
    let result = run(scanner.scan(&target("export:acme"), Some(&part), &context()));
    assert!(matches!(result, Err(ScanError::Permanent(_))), "{result:?}");
    let result = run(scanner.discover(&Scope::Org("acme".into()), &context()));
    assert!(matches!(result, Err(ScanError::Permanent(_))), "{result:?}");
}

#[test]
fn the_same_input_gives_the_same_report() {
    let example = root().join("examples/tenant-export");
    let bytes = |mut report: checkmate_domain::ScanReport| {
        report.stats.millis = 0;
        serde_json::to_vec(&report).expect("serialises")
    };
    assert_eq!(bytes(scan(&example)), bytes(scan(&example)));
}

#[test]
fn both_layouts_give_the_same_findings() {
    let example = root().join("examples/tenant-export");
    let json = |path: &Path| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(path).expect("read")).expect("JSON")
    };
    let each = |folder: &str| -> Vec<serde_json::Value> {
        let entries =
            fs::read_dir(example.join(folder)).expect("listed").map(|entry| entry.expect("entry").path());
        let files = entries
            .map(|path| if folder.starts_with("database") { path.join("database.json") } else { path });
        files.filter(|path| path.is_file()).map(|path| json(&path)).collect()
    };
    let one = |file: &str| json(&example.join(file));
    let tenant = serde_json::json!({
        "tenant": one("tenant.json"),
        "clients": each("clients"),
        "databases": each("database-connections"),
        "connections": each("connections"),
        "resourceServers": each("resource-servers"),
        "clientGrants": each("grants"),
        "attackProtection": {
            "bruteForceProtection": one("attack-protection/brute-force-protection.json"),
            "suspiciousIpThrottling": one("attack-protection/suspicious-ip-throttling.json"),
            "breachedPasswordDetection": one("attack-protection/breached-password-detection.json"),
        },
        "guardianFactors": each("guardian/factors"),
        "guardianPolicies": one("guardian/policies.json"),
        "triggers": one("triggers/triggers.json"),
        "actions": each("actions"),
    });
    let folder = folder();
    // JSON is YAML.
    write(folder.path(), "tenant.yaml", &format!("{tenant}\n...\n"));
    let code = fs::read_to_string(example.join("actions/Add Roles/code.js")).expect("read");
    write(folder.path(), "actions/Add Roles/code.js", &code);
    let (yaml, directory) = (scan(folder.path()), scan(&example));
    assert_eq!(
        yaml.checks.iter().map(|c| c.outcome.word()).collect::<Vec<_>>(),
        directory.checks.iter().map(|c| c.outcome.word()).collect::<Vec<_>>()
    );
    assert_eq!(yaml.coverage, directory.coverage);
    let found = |report: &checkmate_domain::ScanReport| -> Vec<_> {
        report.findings.iter().map(|f| (f.fingerprint.clone(), f.severity, f.evidence.seen.clone())).collect()
    };
    assert_eq!(found(&yaml), found(&directory));
}

#[test]
fn one_unreadable_file_of_a_thousand_costs_one_resource() {
    let folder = folder();
    write(folder.path(), "tenant.json", "{}");
    for n in 0..1000 {
        let client = format!(r#"{{"name": "app-{n}", "app_type": "spa", "grant_types": ["implicit"]}}"#);
        write(folder.path(), &format!("clients/app-{n}.json"), &client);
    }
    let rule = RuleId::new("auth0.applications.grant-types").expect("id");
    let found = |report: &checkmate_domain::ScanReport| {
        report.findings.iter().filter(|finding| finding.rule == rule).count()
    };
    assert_eq!(found(&scan(folder.path())), 1000);
    write(folder.path(), "clients/app-500.json", r#"{"name": "app-500", "grant_types": ["#);
    fs::remove_file(folder.path().join("clients/app-7.json")).expect("removed");
    symlink("/etc/passwd", folder.path().join("clients/app-7.json")).expect("linked");
    let report = scan(folder.path());
    assert_eq!(found(&report), 998);
    let state = |name: &str| report.coverage.statement(&rule, &ResourceId::new(name).expect("id"));
    assert_eq!(state("app-500"), Statement::Unknown);
    assert_eq!(state("app-7"), Statement::Unknown);
    assert_eq!(state("app-501"), Statement::Ran);
    let clients = &report.coverage.objects[&CollectionId::new("clients").expect("id")];
    assert_eq!(clients.ids.len(), 1000);
}

#[test]
fn an_object_that_is_gone_is_gone_only_from_a_list_read_whole() {
    let folder = folder();
    write(folder.path(), "tenant.json", "{}");
    write(folder.path(), "clients/a.json", r#"{"name": "A"}"#);
    let rule = RuleId::new("auth0.applications.callbacks").expect("id");
    let gone = ResourceId::new("B").expect("id");
    assert_eq!(scan(folder.path()).coverage.statement(&rule, &gone), Statement::Gone);
    // The name inside differs from the name of the file: this could be B.
    write(folder.path(), "clients/renamed.json", r#"{"name": "B""#);
    assert_eq!(scan(folder.path()).coverage.statement(&rule, &gone), Statement::Unknown);
    fs::remove_dir_all(folder.path().join("clients")).expect("removed");
    assert_eq!(scan(folder.path()).coverage.statement(&rule, &gone), Statement::Unknown);
}

#[test]
fn references_do_not_leave_the_export() {
    let outside = folder();
    write(outside.path(), "code.js", "exports.onExecutePostLogin = async () => {};");
    let inside = outside.path().join("export");
    let reference = outside.path().join("code.js");
    for code in
        ["../code.js", "./../code.js", "/etc/passwd", reference.to_str().expect("text"), "link/code.js"]
    {
        let action = serde_json::json!({ "name": "A", "code": code }).to_string();
        write(&inside, "actions/A.json", &action);
        write(&inside, "guardian/policies.json", r#"{"policies": []}"#);
        write(&inside, "triggers/triggers.json", r#"{"post-login": [{"action_name": "A"}]}"#);
        let _ = symlink(outside.path(), inside.join("link"));
        let report = scan(&inside);
        // Read, it would show that nobody is asked for a second factor.
        assert!(told(&report).contains("not-assessed    auth0.mfa.policy"), "{code}: {}", told(&report));
    }
}

#[test]
fn names_registered_while_running_are_found() {
    struct Late(std::sync::Mutex<BTreeMap<String, std::path::PathBuf>>);
    impl checkmate_scanners::Exports for Late {
        fn path(&self, name: &str) -> Option<std::path::PathBuf> {
            self.0.lock().expect("not poisoned").get(name).cloned()
        }
    }
    let late = Arc::new(Late(std::sync::Mutex::default()));
    let scanner = ExportScanner::new(late.clone());
    let scope: Scope = "export:late".parse().expect("scope");
    assert!(matches!(run(scanner.discover(&scope, &context())), Err(ScanError::Missing(_))));
    late.0.lock().expect("not poisoned").insert("late".into(), root().join("examples/tenant-export"));
    assert!(run(scanner.discover(&scope, &context())).is_ok_and(|found| found.complete));
}

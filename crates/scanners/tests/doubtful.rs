//! What answers and is no Auth0 tenant: nothing of it is fine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use checkmate_domain::ScanReport;
use checkmate_scanners::auth0::Answers;
use checkmate_scanners::auth0::api::assess_answers;
use serde_json::{Value, json};

const LISTS: [&str; 20] = [
    "clients?take=100",
    "connections?take=100",
    "resource-servers?page=0",
    "client-grants?take=100",
    "token-exchange-profiles?take=100",
    "guardian/factors",
    "actions/actions?page=0",
    "actions/modules?page=0",
    "rules?page=0",
    "rules-configs",
    "hooks?page=0",
    "branding/phone/providers",
    "custom-domains",
    "network-acls?page=0",
    "log-streams",
    "event-streams?take=100",
    "keys/signing",
    "organizations?take=100",
    "roles?page=0",
    "logs?per_page=1",
];
const OBJECTS: [&str; 10] = [
    "tenants/settings",
    "attack-protection/brute-force-protection",
    "attack-protection/suspicious-ip-throttling",
    "attack-protection/breached-password-detection",
    "attack-protection/bot-detection",
    "attack-protection/captcha",
    "risk-assessments/settings",
    "guardian/policies",
    "guardian/factors/phone/selected-provider",
    "emails/provider",
];

/// Asked of whatever says the same to every question.
fn report(status: u16, body: &Value) -> ScanReport {
    let answers: Vec<Value> = LISTS
        .iter()
        .chain(&OBJECTS)
        .map(|path| json!({"path": format!("/api/v2/{path}"), "status": status, "body": body}))
        .collect();
    let snapshot = json!({
        "schema": "checkmate.auth0-snapshot.v1",
        "domain": "acme.eu.auth0.com",
        "taken_at": "2026-01-01T00:00:00Z",
        "answers": answers,
    });
    let answers = Answers::from_json(&snapshot.to_string()).expect("a snapshot");
    let target = common::target("auth0:acme.eu.auth0.com");
    common::run(assess_answers(answers, target, Arc::new(common::key()))).expect("a report")
}

#[test]
fn an_address_that_answers_everything_alike_passes_nothing() {
    for (status, body) in [
        (404, json!({"message": "not found"})),
        (404, json!("<html>")),
        (200, json!({})),
        (200, json!(null)),
        (200, json!("ok")),
        (200, json!({"message": "welcome"})),
        (204, json!(null)),
        (301, json!(null)),
    ] {
        let report = report(status, &body);
        assert!(report.findings.is_empty(), "{status} {body}: {:#?}", report.findings);
        let answered: BTreeSet<(String, &str)> = report
            .checks
            .iter()
            .filter(|check| check.outcome.word() != "not-assessed")
            .map(|check| (check.rule.to_string(), check.outcome.word()))
            .collect();
        assert!(answered.is_empty(), "{status} {body}: {answered:#?}");
        let lists: Vec<_> = report
            .coverage
            .objects
            .iter()
            .filter(|(id, list)| list.complete && id.as_str() != "tenant")
            .collect();
        assert!(lists.is_empty(), "{status} {body}: {lists:?}");
    }
}

//! Every form against the vendor's own contract, over findings that try to break it.

use std::sync::Arc;

use checkmate_domain::{
    DeliveryId, Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey, JobId, Place,
    Priority, Reference, Remediation, ResourceId, Rule, RuleId, ScanId, Severity, Subject, TargetId,
    Timestamp, TransitionKind, Triaged, Waiver, WaiverKind,
};
use checkmate_testkit::contracts;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{confluence, jira, teams, webhook};
use crate::policy::{Approve, Day, Jira, News, Outcome, Pages};

pub(crate) fn key() -> FingerprintKey {
    FingerprintKey::new(vec![7; 32]).unwrap()
}

/// A finding of a rule at a resource; its texts are what is given.
pub(crate) fn news(rule: &str, resource: &str, text: &str, change: Option<TransitionKind>) -> News {
    let rule_id = RuleId::new(rule).unwrap();
    let target = TargetId::new("auth0:acme.eu.auth0.com").unwrap();
    let resource = ResourceId::new(resource).unwrap();
    let state = match change {
        Some(TransitionKind::Resolved) => FindingState::Resolved,
        Some(TransitionKind::Withdrawn) => FindingState::Withdrawn,
        Some(TransitionKind::Reopened) => FindingState::Reopened,
        _ => FindingState::Open,
    };
    let finding = Finding {
        fingerprint: key().fingerprint(&rule_id, &target, &resource, ""),
        rule: rule_id.clone(),
        place: Place { rule: rule_id.clone(), target, resource, discriminator: String::new() },
        resource_name: text.to_owned(),
        title: format!("Something is off {text}"),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence {
            pointer: "clients/Shop.json#/x".to_owned(),
            seen: text.to_owned(),
            expected: "true".to_owned(),
        },
    };
    let record = FindingRecord {
        finding,
        key_id: key().id().clone(),
        triage: Triaged { priority: Priority::P1, reason: "High, and open to everybody.".to_owned() },
        state,
        job: JobId::new("job").unwrap(),
        first_scan: ScanId::new("scan").unwrap(),
        first_seen: Timestamp::from_millis(1_795_651_200_000),
        changed_at: Timestamp::from_millis(1_795_651_200_000),
        reopened: 0,
    };
    let rule = Rule {
        id: rule_id,
        aliases: vec![],
        title: "Something is as it should be".to_owned(),
        severity: Severity::High,
        rationale: "Why it matters to somebody who has never heard of it.".to_owned(),
        remediation: Remediation {
            summary: "Turn it on.".to_owned(),
            steps: vec!["Dashboard: Settings.".to_owned()],
        },
        references: vec![Reference { title: "Page".to_owned(), url: "https://auth0.com/docs/x".to_owned() }],
        equivalents: vec![],
    };
    News {
        record,
        rule: Arc::new(rule),
        organisation: "acme".to_owned(),
        change,
        waiver: None,
        assignee: None,
        decided: false,
    }
}

pub(crate) fn outcome(findings: Vec<News>) -> Outcome {
    Outcome {
        scan: ScanId::new("7b48acab82d071326ae7").unwrap(),
        scope: "org:acme".parse().unwrap(),
        complete: false,
        not_assessed: 2,
        findings: findings.into_iter().map(Arc::new).collect(),
        waiting: 0,
        checks: 612,
        unanswered: 28,
        trend: vec![
            Day { date: "2026-11-26".to_owned(), opened: 2, closed: 1, open: 3 },
            Day { date: "2026-11-20".to_owned(), opened: 2, closed: 0, open: 2 },
        ],
        only: None,
    }
}

pub(crate) fn project() -> Jira {
    Jira {
        project: "SEC".to_owned(),
        issue_type: "Bug".to_owned(),
        labels: vec!["auth0".to_owned()],
        per_group: true,
        most_new: 25,
        fields: vec![],
        owners: vec![],
        due_days: [Some(7), Some(30), None, None],
        wont_do: None,
        approve: Approve::default(),
    }
}

fn id() -> DeliveryId {
    DeliveryId::derived("tickets", &Subject::Scan(ScanId::new("s").unwrap()))
}

fn validator(folder: &str, file: &str, pointer: &str) -> Option<Validator> {
    let contract = contracts::of(folder, file)?;
    let mut schema =
        if pointer.is_empty() { contract.clone() } else { contract.pointer(pointer).unwrap().clone() };
    if !pointer.is_empty() {
        schema["components"] = contract["components"].clone();
    }
    Some(jsonschema::validator_for(&schema).unwrap())
}

fn fits(validator: Option<&Validator>, value: &Value) {
    let Some(validator) = validator else { return };
    let bad: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .take(3)
        .collect();
    assert!(bad.is_empty(), "{bad:?} in {}", value.to_string().chars().take(2_000).collect::<String>());
}

struct Contracts {
    issue: Option<Validator>,
    adf: Option<Validator>,
    page: Option<Validator>,
    message: Option<Validator>,
    card: Option<Validator>,
    event: Option<Validator>,
}

impl Contracts {
    fn new() -> Self {
        let body = |path: &str, method: &str| {
            format!(
                "/paths/{}/{method}/requestBody/content/application~1json/schema",
                path.replace('/', "~1")
            )
        };
        Self {
            issue: validator("jira", "jira-cloud-v3.strict.json", &body("/rest/api/3/issue", "post")),
            adf: validator("adf", "adf-v1-full.schema.json", ""),
            page: validator(
                "confluence",
                "confluence-v2.cut.json",
                "/components/requestBodies/PageCreateRequest/content/application~1json/schema",
            ),
            message: validator(
                "graph",
                "graph-teams-v1.0.cut.json",
                &body("/teams/{team-id}/channels/{channel-id}/messages", "post"),
            ),
            card: validator("adaptivecards", "adaptive-card-1.5.schema.json", ""),
            event: validator("cloudevents", "cloudevents-1.0.schema.json", ""),
        }
    }

    /// Every form of these findings.
    fn hold(&self, findings: &[News]) {
        let members: Vec<&News> = findings.iter().collect();
        let now = Timestamp::from_millis(1_795_651_200_000);
        for issue in [
            jira::create(&project(), &id(), &members, now),
            jira::create_summary(&project(), &id(), &members),
        ] {
            let jira::Made { body: issue, file } = issue;
            if let Some(file) = file {
                fits_a_spreadsheet(&file.bytes, findings.len());
                assert!(
                    issue.to_string().contains(&file.name) && jira::is_list(&id(), &file.name),
                    "{}",
                    file.name
                );
            }
            fits(self.issue.as_ref(), &issue);
            let description = &issue["fields"]["description"];
            fits(self.adf.as_ref(), description);
            assert!(description.to_string().len() < 30_000, "{}", description.to_string().len());
            only_our_links(description);
            let summary = issue["fields"]["summary"].as_str().unwrap();
            assert!(!summary.is_empty() && summary.chars().count() <= 255 && !summary.contains('\n'));
        }
        let outcome = outcome(findings.to_vec());
        let scans = [true, false].map(|files| confluence::scan(&outcome, &members, Pages { files }));
        for (_, file) in &scans {
            file.iter().for_each(|file| fits_a_spreadsheet(&file.bytes, findings.len()));
        }
        assert_eq!((scans[0].1.is_some(), scans[1].1.is_some()), (!findings.is_empty(), false));
        let [(with, _), (without, _)] = scans;
        for page in [confluence::posture(&outcome, &members), with, without] {
            fits(self.adf.as_ref(), &page.document);
            only_our_links(&page.document);
            fits(self.page.as_ref(), &page.create("123", Some("456")));
        }
        for card in [
            teams::digest(&outcome, &members),
            teams::digest_since(&outcome, &members, "Fri 27 Nov 2026, 08:00 CET"),
            teams::urgent(&outcome.scan, &members),
        ] {
            fits(self.card.as_ref(), &card);
            let message = teams::message(&id(), &card);
            fits(self.message.as_ref(), &message);
            assert!(message.to_string().len() < 25_000, "{}", message.to_string().len());
            only_our_buttons(&card);
            // Text of others stands in runs only: blocks would read Markdown in it.
            assert!(!card.to_string().contains("\"TextBlock\""));
        }
        for news in findings {
            fits(self.event.as_ref(), &webhook::event(&id(), &outcome.scan, news, now));
        }
    }
}

/// A line for each finding, and no cell that begins as a formula does.
fn fits_a_spreadsheet(bytes: &[u8], findings: usize) {
    let text = std::str::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").skip(1).collect();
    assert!(
        lines.len() == findings || lines.last().is_some_and(|last| last.contains(" more: ")),
        "{}",
        lines.len()
    );
    for line in lines {
        assert!(!line.contains(['\n', '\r']) && line.starts_with('"') && line.ends_with('"'), "{line}");
        for cell in line[1..line.len() - 1].split("\",\"") {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}

/// No mention, no card, no link but to the pages that rules name.
fn only_our_links(document: &Value) {
    match document {
        Value::Array(items) => items.iter().for_each(only_our_links),
        Value::Object(node) => {
            let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
            assert!(
                [
                    "",
                    "doc",
                    "paragraph",
                    "heading",
                    "text",
                    "bulletList",
                    "listItem",
                    "table",
                    "tableRow",
                    "tableHeader",
                    "tableCell",
                    "strong",
                    "code",
                    "link"
                ]
                .contains(&kind),
                "{kind}"
            );
            if let Some(href) = node.get("href") {
                assert_eq!(href, "https://auth0.com/docs/x");
            }
            node.values().for_each(only_our_links);
        }
        _ => {}
    }
}

/// A card opens nothing but the pages that rules name.
fn only_our_buttons(card: &Value) {
    match card {
        Value::Array(items) => items.iter().for_each(only_our_buttons),
        Value::Object(entries) => {
            if let Some(url) = entries.get("url") {
                assert_eq!(
                    (url.as_str(), &entries["type"]),
                    (Some("https://auth0.com/docs/x"), &json!("Action.OpenUrl"))
                );
            }
            assert!(!entries.contains_key("selectAction"));
            entries.values().for_each(only_our_buttons);
        }
        _ => {}
    }
}

#[test]
fn what_one_thing_mends_is_told_once() {
    let findings: Vec<News> = (0..30)
        .map(|n| {
            let mut one =
                news(if n % 3 == 0 { "auth0.a.b" } else { "auth0.c.d" }, &format!("r{n}"), "Shop", None);
            one.record.finding.title = format!("Problem {}", n % 3);
            one
        })
        .collect();
    let members: Vec<&News> = findings.iter().collect();
    let outcome = outcome(findings.clone());
    for told in [
        teams::digest(&outcome, &members).to_string(),
        confluence::posture(&outcome, &members).document.to_string(),
    ] {
        for problem in 0..3 {
            assert_eq!(told.matches(&format!("Problem {problem}")).count(), 1, "{told}");
        }
    }
    let digest = teams::digest(&outcome, &members).to_string();
    assert!(digest.contains("org:acme: nothing changed") && digest.contains("and 7 more places"), "{digest}");
}

#[test]
fn one_finding_and_many_fit_every_contract() {
    let contracts = Contracts::new();
    let opened = Some(TransitionKind::Opened);
    contracts.hold(&[news("auth0.a.b", "client1", "Shop", opened)]);
    let many: Vec<News> =
        (0..3_000).map(|n| news("auth0.a.b", &format!("client{n}"), &"App ".repeat(60), opened)).collect();
    contracts.hold(&many);
    contracts.hold(&[]);
}

#[test]
fn a_ticket_as_a_person_gets_it() {
    let members = [
        news("auth0.a.b", "client1", "Shop", Some(TransitionKind::Opened)),
        news("auth0.a.b", "client2", "Till", Some(TransitionKind::Resolved)),
    ];
    let members: Vec<&News> = members.iter().collect();
    let issue = jira::create(&project(), &id(), &members, Timestamp::from_millis(1_795_651_200_000)).body;
    insta::assert_snapshot!("ticket", serde_json::to_string_pretty(&issue).unwrap());
    let outcome = outcome(members.iter().map(|news| (*news).clone()).collect());
    insta::assert_snapshot!(
        "digest",
        serde_json::to_string_pretty(&teams::digest(&outcome, &members)).unwrap()
    );
}

fn waiver(text: &str) -> Waiver {
    Waiver {
        kind: WaiverKind::Accepted,
        reason: text.to_owned(),
        owner: text.to_owned(),
        until: Timestamp::from_millis(1_798_156_800_000),
        cap: Severity::High,
    }
}

#[test]
fn the_page_of_a_scope_says_what_is_open_accepted_answered_and_how_that_changed() {
    let mut accepted = news("auth0.c.d", "client2", "Till", None);
    accepted.waiver = Some(waiver("The till is off by then"));
    let findings = [news("auth0.a.b", "client1", "Shop", Some(TransitionKind::Opened)), accepted];
    let members: Vec<&News> = findings.iter().collect();
    let outcome = Outcome { complete: true, only: Some("P1".to_owned()), ..outcome(findings.to_vec()) };
    let document = confluence::posture(&outcome, &members).document;
    fits(Contracts::new().adf.as_ref(), &document);
    insta::assert_snapshot!("posture", texts(&document));
    let nothing = Outcome { unanswered: 0, trend: vec![], only: None, findings: vec![], ..outcome };
    insta::assert_snapshot!("posture_of_nothing", texts(&confluence::posture(&nothing, &[]).document));
}

/// The texts of a document, a line each.
fn texts(document: &Value) -> String {
    let own = document["text"].as_str().map(str::to_owned);
    let within = document["content"].as_array().into_iter().flatten().map(texts);
    let lines: Vec<String> = own.into_iter().chain(within).filter(|text| !text.trim().is_empty()).collect();
    lines.join("\n")
}

/// Texts that try to be more than text.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<script>alert(1)</script> {{constructor}} ${jndi:ldap://x}".to_owned()),
        Just("[click](https://evil.example) @[~accountid:123] <at>Everyone</at> {panel}x{panel}".to_owned()),
        Just("\u{202E}evil\u{2066}\u{0}\u{7}\u{1B}[31m\u{FEFF}".to_owned()),
        Just("👩‍👩‍👧‍👦 \u{1F3F4}\u{E0067} é̂́".to_owned()),
        Just("\"}]},{\"type\":\"mention\"".to_owned()),
        Just("  \n\t ".to_owned()),
        Just("x".repeat(100_000)),
        "\\PC{1,200}",
        ".{1,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_stays_text(texts in proptest::collection::vec(hostile(), 1..6)) {
        let findings: Vec<News> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| {
                let change = [Some(TransitionKind::Opened), Some(TransitionKind::Resolved), None][n % 3];
                let mut news = news("auth0.a.b", &format!("r{n}"), text, change);
                let rule = Arc::make_mut(&mut news.rule);
                rule.rationale.clone_from(text);
                rule.remediation.steps.push(text.clone());
                news.record.finding.title.clone_from(text);
                news.record.finding.evidence.pointer.clone_from(text);
                news.waiver = (n % 2 == 1).then(|| waiver(text));
                news
            })
            .collect();
        Contracts::new().hold(&findings);
        let shown = json!(teams::digest(&outcome(findings.clone()), &findings.iter().collect::<Vec<_>>())).to_string();
        let harmless = !shown.contains('\u{202E}') && !shown.contains("\\u0007");
        prop_assert!(harmless);
    }
}

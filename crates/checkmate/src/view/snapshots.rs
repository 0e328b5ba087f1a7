//! What people see, for small fixed records.

use std::collections::BTreeMap;

use checkmate_domain::{
    CheckOutcome, Decision, Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey, JobId,
    Lane, NotAssessed, Place, Priority, Reference, Remediation, ResourceId, Rule, RuleId, Said, ScanId,
    Severity, TargetId, Timestamp, Transition, TransitionKind, Triaged, Trigger, TriggerKind, Waiver,
    WaiverKind,
};
use checkmate_store::{DeadRecord, DeadStatus, ScanRecord, ScanState};

use super::progress::TargetLine;
use super::scan_view::{Check, ScanView, Unanswered};
use super::{Show, dead_view, finding_view, scan_view, scans};
use crate::commands::{Listed, ListedFinding, Shown};

const SHOW: Show<'static> = Show { program: "checkmate", color: false };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_790_000_000 + seconds) * 1_000)
}

fn target() -> TargetId {
    TargetId::new("export:acme").unwrap()
}

fn rule_id(name: &str) -> RuleId {
    RuleId::new(format!("auth0.{name}")).unwrap()
}

pub(super) fn scan(state: ScanState) -> ScanRecord {
    ScanRecord {
        id: ScanId::new("0123456789abcdef0123").unwrap(),
        scope: "export:acme".parse().unwrap(),
        lane: Lane::Interactive,
        trigger: Trigger { kind: TriggerKind::Manual, who: "ada".to_owned() },
        window: 200,
        time_limit_ms: 900_000,
        expires_after_ms: 86_400_000,
        created_at: at(0),
        state,
        error: None,
        sealed: true,
        total: 3,
        released: 3,
        in_window: 0,
        pending: 0,
        done: 2,
        ended: BTreeMap::from([("failed".to_owned(), 1)]),
        opened: 2,
        resolved: 1,
        checks: 40,
        unanswered: 2,
        finished_at: state.is_final().then(|| at(12)),
        announced: false,
    }
}

fn rule(name: &str) -> Rule {
    Rule {
        id: rule_id(name),
        aliases: Vec::new(),
        title: "Applications use no weak grant".to_owned(),
        severity: Severity::High,
        rationale: "The implicit grant puts tokens into addresses, where history, logs and scripts see them."
            .to_owned(),
        remediation: Remediation {
            summary: "Use the authorization code grant with PKCE.".to_owned(),
            steps: vec!["Move the login.".to_owned(), "Turn the grant off.".to_owned()],
        },
        references: vec![Reference {
            title: "Grant types".to_owned(),
            url: "https://auth0.com/docs/get-started/applications/application-grant-types".to_owned(),
        }],
        equivalents: Vec::new(),
    }
}

fn record(name: &str, resource: &str, priority: Priority, state: FindingState) -> FindingRecord {
    let key = FingerprintKey::new(vec![7; 32]).unwrap();
    let (rule, resource_id) =
        (rule_id(name), ResourceId::new(resource.replace(char::is_control, "?")).unwrap());
    FindingRecord {
        finding: Finding {
            fingerprint: key.fingerprint(&rule, &target(), &resource_id, ""),
            rule: rule.clone(),
            place: Place { rule, target: target(), resource: resource_id, discriminator: String::new() },
            resource_name: resource.to_owned(),
            title: format!("The {name} grant is allowed"),
            severity: if priority == Priority::P1 { Severity::High } else { Severity::Low },
            exposure: Exposure::Public,
            evidence: Evidence {
                pointer: format!("clients/{resource}.json#/grant_types"),
                seen: name.to_owned(),
                expected: "neither implicit, password nor password-realm".to_owned(),
            },
        },
        key_id: key.id().clone(),
        triage: Triaged {
            priority,
            reason: "High severity, reachable by anybody on the internet: act now.".to_owned(),
        },
        state,
        job: JobId::new("job").unwrap(),
        first_scan: ScanId::new("0123456789abcdef0123").unwrap(),
        first_seen: at(0),
        changed_at: at(9),
        reopened: 0,
    }
}

fn records() -> Vec<FindingRecord> {
    vec![
        record("implicit", "Shop", Priority::P1, FindingState::Open),
        record(
            "password",
            "A very long name of an application that nobody can read",
            Priority::P2,
            FindingState::Reopened,
        ),
        record("implicit", "Back\u{1b}[2JOffice\n", Priority::P3, FindingState::Open),
        record("other", "Kiosk", Priority::P4, FindingState::Open),
    ]
}

fn check(name: &str, outcome: CheckOutcome, unseen: &[(&str, NotAssessed)]) -> Check {
    let unseen = unseen.iter().map(|(name, why)| ((*name).to_owned(), why.clone())).collect();
    Check { target: target(), rule: rule_id(name), outcome, unseen }
}

fn view(state: ScanState) -> ScanView {
    ScanView {
        schema: "checkmate.scan/1",
        scan: scan(state),
        checks: vec![
            check(
                "implicit",
                CheckOutcome::Failed,
                &[("Old", NotAssessed::Unreadable("clients/Old.json".to_owned()))],
            ),
            check("fine", CheckOutcome::Passed, &[]),
            check("none", CheckOutcome::NotApplicable { why: "no rules".to_owned() }, &[]),
            check(
                "rules",
                CheckOutcome::NotAssessed { why: NotAssessed::NotExported("rules".to_owned()) },
                &[],
            ),
        ],
        findings: records(),
        accepted: 0,
        not_assessed: vec![Unanswered {
            target: "export:acme/two".to_owned(),
            reason: "not assessed (dead-lettered: delivery limit reached)".to_owned(),
        }],
        details_of_jobs: 500,
        eta_ms: None,
        waiting: Vec::new(),
        targets: Vec::new(),
        rules: BTreeMap::from([(rule_id("implicit"), rule("implicit"))]),
    }
}

#[test]
fn a_scan_that_is_over() {
    insta::assert_snapshot!(scan_view::text(&view(ScanState::FinishedIncomplete), SHOW));
}

#[test]
fn a_scan_with_nothing_wrong() {
    let mut view = view(ScanState::Finished);
    view.findings.clear();
    view.not_assessed.clear();
    view.checks.retain(|check| check.outcome == CheckOutcome::Passed);
    insta::assert_snapshot!(scan_view::text(&view, SHOW));
}

#[test]
fn a_scan_that_failed() {
    let mut view = view(ScanState::Failed);
    view.scan.error = Some("target missing: no export is called 'acme'".to_owned());
    view.scan.total = 0;
    view.scan.done = 0;
    (view.checks, view.findings, view.not_assessed) = (Vec::new(), Vec::new(), Vec::new());
    insta::assert_snapshot!(scan_view::text(&view, SHOW));
}

#[test]
fn many_findings_and_gaps_are_cut_and_counted() {
    let mut view = view(ScanState::FinishedIncomplete);
    view.findings = (0..40)
        .map(|n| record("implicit", &format!("app {n:02}"), Priority::P3, FindingState::Open))
        .collect();
    view.not_assessed = (0..40)
        .map(|n| Unanswered {
            target: format!("export:acme/{n:02}"),
            reason: format!("not assessed (failed: error {n:02})"),
        })
        .collect();
    let text = scan_view::text(&view, SHOW);
    assert!(text.contains("… and 17 more: checkmate findings list"), "{text}");
    assert!(
        text.contains("… and 22 more: checkmate scans show 0123456789abcdef0123 --format json"),
        "{text}"
    );
    assert!(text.lines().count() < 100, "{text}");
}

#[test]
fn scans_as_lines() {
    let states = [ScanState::Planned, ScanState::Running, ScanState::FinishedIncomplete, ScanState::Failed];
    insta::assert_snapshot!(scans::list(&states.map(scan), false));
}

#[test]
fn how_far_a_scan_is() {
    use ScanState::{Cancelled, Discovering, Failed, Finished, FinishedIncomplete, Planned, Running};
    let states = [Planned, Discovering, Running, Finished, FinishedIncomplete, Failed, Cancelled];
    let lines = states.map(|state| scans::progress(&scan(state), None));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_scan_under_way_says_what_runs_and_what_waits() {
    let line = |state, name: &str| TargetLine { target: format!("export:acme/{name}"), state, detail: None };
    let mut view = view(ScanState::Running);
    (view.checks, view.findings, view.not_assessed) = (Vec::new(), Vec::new(), Vec::new());
    view.scan.pending = 2;
    view.eta_ms = Some(41_000);
    view.targets = vec![line("waiting", "a"), line("running", "b"), line("done", "c"), line("waiting", "d")];
    view.waiting = vec![crate::view::waits::Waiting { jobs: 2, why: "HTTP 503".to_owned(), until: None }];
    let text = scan_view::text(&view, SHOW);
    let expected = "\nUnder way  export:acme  1 of 3 jobs done (33 %), 1 not assessed, about 45 s left\n  \
                    running  export:acme/b\n  2 waiting: HTTP 503\n  1 done, 2 waiting\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn findings_as_lines() {
    let listed = |waiver, assignee, record| ListedFinding { record, waiver, assignee };
    let findings = records().into_iter().map(|record| listed(None, None, record));
    let listed_all = Listed { findings: findings.collect(), accepted: 2 };
    insta::assert_snapshot!(finding_view::list(&listed_all, false, false));
    let one = listed(Some(waiver()), Some("ann".to_owned()), records().remove(0));
    let text = finding_view::list(&Listed { findings: vec![one], accepted: 0 }, true, false);
    assert!(text.contains("  accepted  ") && text.contains(", ann\n"), "{text}");
}

fn waiver() -> Waiver {
    Waiver {
        kind: WaiverKind::Accepted,
        reason: "behind a proxy".to_owned(),
        owner: "operations".to_owned(),
        until: at(90 * 86_400),
        cap: Severity::High,
    }
}

#[test]
fn a_finding_whole() {
    let record = records().remove(0);
    let transition = |kind, seconds| Transition {
        fingerprint: record.finding.fingerprint.clone(),
        kind,
        rule: record.finding.rule.clone(),
        target: target(),
        scan: record.first_scan.clone(),
        job: record.job.clone(),
        seq: 1,
        at: at(seconds),
    };
    let history = vec![transition(TransitionKind::Opened, 0), transition(TransitionKind::Resolved, 5)];
    let said = Said { by: "ann".to_owned(), at: at(7) };
    let decision = Decision::none(record.finding.fingerprint.clone());
    let decision = decision.accept(waiver(), &said).and_then(|it| it.assign("bob", &said));
    let decision = decision.and_then(|it| it.comment("asked the owner", &said)).ok();
    let rule = Some(rule("implicit"));
    let shown = Shown { rule, history, record: record.clone(), decision, accepted: true };
    insta::assert_snapshot!(finding_view::show(&shown, false));
    let over = Shown { accepted: false, ..shown };
    assert!(finding_view::show(&over, false).contains("it holds no longer"));
    let without = Shown { rule: None, history: Vec::new(), record, decision: None, accepted: false };
    assert!(finding_view::show(&without, false).contains("expected"), "the report may be gone");
}

fn letter(name: &str, status: DeadStatus) -> DeadRecord {
    DeadRecord {
        id: format!("{name}-0123456789"),
        queue: "checkmate.scan.bulk".to_owned(),
        reason: "message is not a job: not JSON at line 1 column 1".to_owned(),
        message_id: Some("m-1".to_owned()),
        job: None,
        scan: Some(ScanId::new("0123456789abcdef0123").unwrap()),
        body: "{\"password\": \u{1b}[31m\nsecond line".to_owned(),
        body_len: 20_971_520,
        first_at: at(0),
        last_at: at(60),
        deaths: 2,
        status,
    }
}

#[test]
fn dead_letters_as_lines() {
    let letters = [letter("first", DeadStatus::Waiting), letter("second", DeadStatus::Replayed)];
    insta::assert_snapshot!(dead_view::list(&letters, 7, SHOW));
}

#[test]
fn a_dead_letter_whole() {
    insta::assert_snapshot!(dead_view::show(&letter("first", DeadStatus::Waiting), false));
}

#[test]
fn empty_lists_say_so() {
    let texts = [
        scans::list(&[], false),
        finding_view::list(&Listed { findings: vec![], accepted: 0 }, false, false),
        dead_view::list(&[], 0, SHOW),
    ];
    insta::assert_snapshot!(texts.concat());
}

#[test]
fn colours_change_no_word() {
    let colored = Show { color: true, ..SHOW };
    let text = scan_view::text(&view(ScanState::FinishedIncomplete), colored);
    assert!(text.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, scan_view::text(&view(ScanState::FinishedIncomplete), SHOW));
}

use checkmate_domain::{
    CheckResult, CollectionId, Coverage, Evidence, Exposure, FingerprintKey, NotAssessed, Place, Reference,
    Remediation, ReportKind, ResourceId, RuleCoverage, RuleId, ScanStats, Seen, TargetId,
};
use proptest::prelude::*;

use super::*;
use crate::view::Show;

const HOSTILE: &str = "=cmd|'/c calc'!A1 <script>alert(1)</script> \u{202E}evil\u{7}\n\"x\"";

fn rule(id: &str, severity: Severity) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        aliases: vec![],
        title: "Something is as it should be".to_owned(),
        severity,
        rationale: "Why it matters to somebody who has never heard of it.".to_owned(),
        remediation: Remediation {
            summary: "Turn it on.".to_owned(),
            steps: vec!["Dashboard: Settings.".to_owned()],
        },
        references: vec![Reference { title: "Page".to_owned(), url: "https://auth0.com/docs/x".to_owned() }],
        equivalents: vec!["auth0-checkmate/checkIt".to_owned()],
    }
}

fn report(name: &str) -> ScanReport {
    let rules: Vec<Rule> = [
        ("auth0.a.high", Severity::High),
        ("auth0.a.unseen", Severity::Low),
        ("auth0.a.fine", Severity::Low),
        ("auth0.a.none", Severity::Info),
    ]
    .into_iter()
    .map(|(id, severity)| rule(id, severity))
    .collect();
    let outcomes = [
        CheckOutcome::Failed,
        CheckOutcome::NotAssessed { why: NotAssessed::Forbidden("the token lacks read:clients".to_owned()) },
        CheckOutcome::Passed,
        CheckOutcome::NotApplicable { why: "the tenant has none".to_owned() },
    ];
    let checks = rules.iter().zip(outcomes).map(|(rule, outcome)| CheckResult {
        rule: rule.id.clone(),
        outcome,
        unseen: vec![],
    });
    let (target, resource) =
        (TargetId::new("auth0:acme.eu.auth0.com").unwrap(), ResourceId::new("c1").unwrap());
    let key = FingerprintKey::new(vec![7; 32]).unwrap();
    let place =
        Place { rule: rules[0].id.clone(), target: target.clone(), resource, discriminator: String::new() };
    let finding = Finding {
        fingerprint: key.fingerprint(&place.rule, &target, &place.resource, ""),
        rule: rules[0].id.clone(),
        place,
        resource_name: name.to_owned(),
        title: "Something is off".to_owned(),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence {
            pointer: "/api/v2/clients/c1#/x".to_owned(),
            seen: name.to_owned(),
            expected: "true".to_owned(),
        },
    };
    let seen = RuleCoverage { collection: CollectionId::new("clients").unwrap(), seen: Seen::All };
    ScanReport {
        kind: ReportKind::Whole,
        target,
        checks: checks.collect(),
        findings: vec![finding],
        coverage: Coverage { rules: [(rules[0].id.clone(), seen)].into(), ..Coverage::default() },
        rules,
        stats: ScanStats { reads: 33, retries: 2, bytes: 1_000, millis: 400 },
        triage: vec![],
    }
}

fn json(told: &Told<'_>) -> String {
    let mut text = Vec::new();
    write_json(told, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn told(report: &ScanReport) -> Told<'_> {
    Told {
        key_id: None,
        report,
        started_at: Timestamp::from_millis(1_795_651_200_000),
        finished_at: Timestamp::from_millis(1_795_651_201_000),
        baseline: None,
        fail_on: Some(Severity::Low),
        min_coverage: 50,
    }
}

#[test]
fn every_form_of_a_report() {
    let report = report("Shop");
    let told = told(&report);
    insta::assert_snapshot!("report_table", table(&told, Show { program: "checkmate", color: false }));
    insta::assert_snapshot!("report_json", json(&told));
    insta::assert_snapshot!("report_sarif", sarif(&told).unwrap());
    insta::assert_snapshot!("report_csv", csv(&told));
    insta::assert_snapshot!("report_html", html(&told).replace(include_str!("style.css"), "STYLE"));
}

#[test]
fn findings_win_over_what_could_not_be_looked_at() {
    let mut report = report("Shop");
    assert_eq!(told(&report).exit_code(), 1);
    assert_eq!(Told { fail_on: None, ..told(&report) }.exit_code(), 0);
    assert_eq!(Told { fail_on: None, min_coverage: 90, ..told(&report) }.exit_code(), 3);
    let before = Baseline::read(&json(&told(&report))).unwrap();
    assert_eq!(before.change(&report.findings[0]), Change::Same);
    assert_eq!(Told { baseline: Some(before), ..told(&report) }.exit_code(), 0);
    assert!(Baseline::read("{}").is_err());
    narrow(&mut report, &["auth0.a.unseen".to_owned()], &[]).unwrap();
    assert_eq!((report.checks.len(), report.findings.len()), (1, 0));
    assert_eq!(told(&report).exit_code(), 3);
}

#[test]
fn a_finding_that_got_worse_is_not_covered_by_the_report_before() {
    let before = report("Shop");
    let baseline = || Some(Baseline::read(&json(&told(&before))).unwrap());
    let mut changed = report("Shop");
    changed.findings[0].evidence.seen = "something else".to_owned();
    let told_changed = Told { baseline: baseline(), ..told(&changed) };
    assert_eq!((told_changed.change(&changed.findings[0]), told_changed.exit_code()), (Change::Changed, 0));
    changed.findings[0].severity = Severity::Critical;
    let told_worse = Told { baseline: baseline(), ..told(&changed) };
    assert_eq!((told_worse.change(&changed.findings[0]), told_worse.exit_code()), (Change::Worse, 1));
    let page = table(&told_worse, Show { program: "checkmate", color: false });
    assert!(page.contains("1 still there, 1 of them worse") && page.contains("(worse)"), "{page}");
    assert!(json(&told_worse).contains("\"change\": \"worse\""));
    assert!(sarif(&told_worse).unwrap().contains("\"baselineState\": \"updated\""));
}

#[test]
fn nothing_in_a_message_of_sarif_is_a_link() {
    let report = report("[click](https://evil.example) \u{200B}x\u{2028}y");
    let text = sarif(&told(&report)).unwrap();
    assert!(text.contains("\\\\[click\\\\](https://evil.example) \u{FFFD}x\u{FFFD}y"), "{text}");
}

#[test]
fn rules_are_chosen_by_id_by_group_and_by_the_names_of_the_reference_tool() {
    let left = |only: &[&str], skip: &[&str]| {
        let mut report = report("Shop");
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        narrow(&mut report, &words(only), &words(skip)).map(|()| report.checks.len())
    };
    let left = |only: &[&str], skip: &[&str]| left(only, skip).unwrap_or_else(|unknown| 100 + unknown.len());
    assert_eq!(left(&["auth0.a"], &[]), 4);
    assert_eq!(left(&["auth0"], &["auth0.a.high"]), 3);
    assert_eq!(left(&["checkIt"], &[]), 4);
    assert_eq!(left(&["auth0.a.hi"], &[]), 1);
    assert_eq!(left(&["auth0.a.hgh"], &[]), 101);
    assert_eq!(left(&["auth0.a.high", "checkThat"], &["", "auth0.a.x"]), 103);
}

#[test]
fn hostile_text_breaks_no_form() {
    let report = report(HOSTILE);
    let told = told(&report);
    let forms = [
        table(&told, Show { program: "checkmate", color: false }),
        json(&told),
        sarif(&told).unwrap(),
        csv(&told),
        html(&told),
    ];
    for form in &forms {
        assert!(!form.contains(['\u{202E}', '\u{7}']), "{form}");
    }
    assert!(!forms[4].contains("<script"));
    assert!(forms[3].contains("\"'=cmd"), "{}", forms[3]);
    assert_eq!(forms[3].lines().count(), 2);
}

#[test]
fn what_is_mended_and_what_was_not_looked_at_are_two_things() {
    let before = report("Shop");
    let baseline = || Some(Baseline::read(&json(&told(&before))).unwrap());
    let since = |change: fn(&mut ScanReport)| {
        let mut now = report("Shop");
        change(&mut now);
        let told = Told { baseline: baseline(), ..told(&now) };
        let text = table(&told, Show { program: "checkmate", color: false });
        let line = text.lines().find(|line| line.starts_with("since")).unwrap().to_owned();
        (line, html(&told))
    };
    let list = |now: &mut ScanReport| {
        now.findings.clear();
        let ids = [ResourceId::new("c1").unwrap()].into();
        let list = checkmate_domain::ObjectList { complete: true, ids };
        now.coverage.objects.insert(CollectionId::new("clients").unwrap(), list);
    };
    let (line, _) = since(|_| {});
    assert_eq!(
        line,
        "since the report before: 0 new, 1 still there, 0 mended or gone, 0 not looked at this time"
    );
    let (line, page) = since(list);
    assert_eq!(
        line,
        "since the report before: 0 new, 0 still there, 1 mended or gone, 0 not looked at this time"
    );
    assert!(page.contains("<h3>Mended or gone (1)</h3><ul><li>Something is off: Shop</li></ul>"), "{page}");
    let (line, page) = since(|now| now.findings.clear());
    assert_eq!(
        line,
        "since the report before: 0 new, 0 still there, 0 mended or gone, 1 not looked at this time"
    );
    assert!(page.contains("<h3>Not looked at this time (1)</h3>"), "{page}");
}

#[test]
fn what_a_check_could_not_be_asked_of_is_listed_though_it_failed_elsewhere() {
    let mut report = report("Shop");
    let why = NotAssessed::Forbidden("the token lacks read:client_credentials".to_owned());
    report.checks[0].unseen.push(("client c2".to_owned(), why));
    assert!(html(&told(&report)).contains("<td>client c2</td><td>"), "{}", html(&told(&report)));
    report.checks.retain(|check| check.outcome.word() == "not-applicable");
    report.findings.clear();
    assert!(html(&told(&report)).contains("no check applies here"));
}

#[test]
fn a_tenant_that_could_not_be_looked_at_does_not_look_clean() {
    let mut report = report("Shop");
    narrow(&mut report, &["auth0.a.unseen".to_owned()], &[]).unwrap();
    let told = told(&report);
    assert!(html(&told).contains("Nothing could be looked at"));
    assert!(!table(&told, Show { program: "checkmate", color: false }).contains("nothing was found"));
}

proptest! {
    #[test]
    fn escaped_text_holds_no_markup(text in "\\PC{0,40}|[<>&'\"\u{202E}\n]{0,20}") {
        let safe = super::html::escaped(&text);
        let harmless = !safe.contains(['<', '>', '"', '\'', '\u{202E}', '\n']);
        prop_assert!(harmless);
    }
}

#[test]
fn reports_that_cannot_be_compared_are_told() {
    let key = checkmate_domain::FingerprintKey::new(vec![7; 32]).expect("long enough");
    let other = checkmate_domain::FingerprintKey::new(vec![8; 32]).expect("long enough");
    let report = report("a");
    let target = report.target.as_str();
    let text = json(&Told { key_id: Some(key.id().clone()), ..told(&report) });
    let before = Baseline::read(&text).expect("a report");
    assert_eq!(before.unlike(target, Some(key.id())), None);
    assert_eq!(before.unlike(target, None), None);
    assert!(before.unlike(target, Some(other.id())).is_some_and(|why| why.contains("fingerprint_key_file")));
    assert!(before.unlike("export:other", Some(key.id())).is_some_and(|why| why.contains("export:other")));
}

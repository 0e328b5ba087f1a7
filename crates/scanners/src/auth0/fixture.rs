//! For the tests of checks: a check asked of a few lines of `tenant.yaml`.

use checkmate_domain::{CheckOutcome, Finding, FingerprintKey, ScanReport, TargetId, Timestamp};

use super::assess::assess;
use super::check::Check;
use super::{scripts, yaml};

/// When fixtures are read: 2026-11-26.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_651_200_000);

/// The report on a `tenant.yaml`; an end marker is added.
pub(crate) fn report(text: &str) -> ScanReport {
    let mut snapshot = yaml::read(&format!("{text}\n...\n"), NOW);
    scripts::load_inline(&mut snapshot);
    let key = FingerprintKey::new(vec![7; 32]).expect("32 bytes");
    assess(&snapshot, &TargetId::new("export:acme").expect("id"), &key).expect("valid ids")
}

/// The answer of a check and its findings.
pub(crate) fn ask(check: &Check, text: &str) -> (CheckOutcome, Vec<Finding>) {
    let mut report = report(text);
    let result =
        report.checks.iter().find(|result| result.rule.as_str() == check.meta.id).expect("is listed");
    report.findings.retain(|finding| finding.rule == result.rule);
    (result.outcome.clone(), report.findings.clone())
}

/// Holds a check to its fixtures. Expected is `failed`, with the severity of the worst finding as in `failed high`,
/// `passed`, `not-assessed` or `not-applicable`; the first three have to be there.
pub(crate) fn holds(check: &Check, fixtures: &[(&str, &str)]) {
    for wanted in ["failed", "passed", "not-assessed"] {
        let there = fixtures.iter().any(|(expected, _)| expected.starts_with(wanted));
        assert!(there, "{}: a fixture for '{wanted}' is missing", check.meta.id);
    }
    for (expected, text) in fixtures {
        let (outcome, findings) = ask(check, text);
        let worst = findings.iter().map(|finding| finding.severity).max();
        let got = worst.map_or_else(|| outcome.word().to_owned(), |s| format!("{} {s}", outcome.word()));
        assert_eq!(&got, expected, "{}: {text}\n{outcome:?}\n{findings:#?}", check.meta.id);
        assert!(
            worst.is_none_or(|worst| worst <= check.meta.severity),
            "{}: worse than its rule",
            check.meta.id
        );
    }
}

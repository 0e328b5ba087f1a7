//! What the integration tests share: a scanner over one folder, and a report as text.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot build its input must fail")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkmate_domain::{CheckOutcome, FingerprintKey, ScanReport, Scope, Severity, TargetId};
use checkmate_scanners::{Discovery, ExportScanner, ScanContext, ScanError, Scanned, Scanner};

pub fn key() -> FingerprintKey {
    FingerprintKey::new(vec![7; 32]).expect("32 bytes")
}

pub fn target(text: &str) -> TargetId {
    TargetId::new(text).expect("id")
}

pub fn context() -> ScanContext {
    ScanContext::new(Arc::new(key()))
}

pub fn scanner(path: &Path) -> ExportScanner {
    ExportScanner::new(Arc::new(BTreeMap::from([("acme".to_owned(), path.to_owned())])))
}

pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("runtime").block_on(work)
}

pub fn discover(path: &Path) -> Result<Discovery, ScanError> {
    let scope: Scope = "export:acme".parse().expect("scope");
    run(scanner(path).discover(&scope, &context()))
}

pub fn try_scan(path: &Path, id: &str) -> Result<ScanReport, ScanError> {
    match run(scanner(path).scan(&target(id), None, &context()))? {
        Scanned::Report(report) => Ok(*report),
        Scanned::Split(_) => panic!("an export is never split"),
    }
}

pub fn scan(path: &Path) -> ScanReport {
    try_scan(path, "export:acme").expect("a report")
}

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A report as a person would tell it, without fingerprints and times.
pub fn told(report: &ScanReport) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let _ = writeln!(text, "{:<15} {}", check.outcome.word(), check.rule);
        match &check.outcome {
            CheckOutcome::NotApplicable { why } => {
                let _ = writeln!(text, "    {why}");
            }
            CheckOutcome::NotAssessed { why } if check.unseen.is_empty() => {
                let _ = writeln!(text, "    {why}");
            }
            _ => {}
        }
        for (resource, why) in &check.unseen {
            let _ = writeln!(text, "    ? {resource}: {why}");
        }
        for finding in report.findings.iter().filter(|finding| finding.rule == check.rule) {
            let (severity, exposure) = (finding.severity, finding.exposure.as_str());
            let _ =
                writeln!(text, "    ! {severity}, {exposure}: {} ({})", finding.title, finding.resource_name);
            let evidence = &finding.evidence;
            let _ = writeln!(
                text,
                "      {}: {}; expected {}",
                evidence.pointer, evidence.seen, evidence.expected
            );
        }
    }
    for (collection, list) in &report.coverage.objects {
        let whole = if list.complete { "complete" } else { "open" };
        let _ = writeln!(text, "{collection}: {} objects, {whole}", list.ids.len());
    }
    text
}

/// `outcome rule`, and how many findings of which severity: nothing of the scanned content.
pub fn summary(report: &ScanReport) -> Vec<String> {
    let count = |rule: &checkmate_domain::RuleId, severity: Severity| {
        report.findings.iter().filter(|f| f.rule == *rule && f.severity == severity).count()
    };
    let line = |check: &checkmate_domain::CheckResult| {
        let mut line = format!("{} {}", check.outcome.word(), check.rule);
        for severity in Severity::ALL.into_iter().rev() {
            if let n @ 1.. = count(&check.rule, severity) {
                let _ = write!(line, " {n} {severity}");
            }
        }
        if !check.unseen.is_empty() {
            let _ = write!(line, " {} unseen", check.unseen.len());
        }
        line
    };
    report.checks.iter().map(line).collect()
}

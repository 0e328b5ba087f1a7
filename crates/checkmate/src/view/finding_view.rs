//! Findings as lines, and one with everything a person needs to act.

use std::fmt::Write;

use checkmate_domain::FindingRecord;

use crate::commands::Shown;
use crate::view::scan_view::short;
use crate::view::{Paint, count, plain, wrap};

/// A table of findings.
#[must_use]
pub fn list(records: &[FindingRecord], all: bool, color: bool) -> String {
    if records.is_empty() {
        let more = if all { "" } else { "; --all shows resolved and withdrawn ones" };
        return format!("no findings{more}\n");
    }
    let paint = Paint(color);
    let head = format!(
        "{:<11}  {:<2}  {:<8}  {:<9}  {:<56}  {}",
        "finding", "", "severity", "state", "what", "where"
    );
    let mut text = paint.bold(&head) + "\n";
    for record in records {
        let finding = &record.finding;
        let _ = writeln!(
            text,
            "{:<11}  {}  {:<8}  {:<9}  {:<56}  {} in {}",
            short(record),
            paint.priority(record.triage.priority),
            finding.severity,
            record.state.as_str(),
            plain(&finding.title, 56),
            plain(&finding.resource_name, 30),
            finding.place.target,
        );
    }
    let _ = writeln!(text, "{}", paint.dim(&count(records.len(), "finding")));
    text
}

/// One finding, whole.
#[must_use]
pub(crate) fn show(shown: &Shown, color: bool) -> String {
    let paint = Paint(color);
    let record = &shown.record;
    let finding = &record.finding;
    let mut text =
        format!("{}  {}\n", paint.priority(record.triage.priority), paint.bold(&plain(&finding.title, 200)));
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {:<12}{}", word, wrap(&plain(what, 2_000), 14, 92));
    };
    line("state", &format!("{}, since {}", record.state.as_str(), record.changed_at));
    line("severity", finding.severity.as_str());
    line("when", &record.triage.reason);
    line("where", &format!("{} in {}", finding.resource_name, finding.place.target));
    line("seen", &format!("{} at {}", finding.evidence.seen, finding.evidence.pointer));
    line("expected", &finding.evidence.expected);
    line("rule", finding.rule.as_str());
    if let Some(rule) = &shown.rule {
        line("why", &rule.rationale);
        line("fix", &rule.remediation.summary);
        for (number, step) in rule.remediation.steps.iter().enumerate() {
            line("", &format!("{}. {step}", number + 1));
        }
        for reference in &rule.references {
            line("read", &format!("{} {}", reference.title, reference.url));
        }
    }
    line("fingerprint", &format!("{} (key {})", finding.fingerprint, record.key_id));
    for transition in &shown.history {
        let kind = format!("{:?}", transition.kind).to_lowercase();
        line("history", &format!("{} {kind} by scan {}", transition.at, transition.scan));
    }
    text
}

//! The findings as CSV (RFC 4180), safe to open in a spreadsheet.

use super::{Told, clean};

/// The findings, one a line, with a heading.
#[must_use]
pub fn csv(told: &Told<'_>) -> String {
    let mut text = "severity,rule,title,resource,pointer,seen,expected,fix,fingerprint,new\r\n".to_owned();
    for finding in told.findings() {
        let fix = told.rule(&finding.rule).map_or("", |rule| rule.remediation.summary.as_str());
        let cells = [
            finding.severity.to_string(),
            finding.rule.to_string(),
            finding.title.clone(),
            finding.resource_name.clone(),
            finding.evidence.pointer.clone(),
            finding.evidence.seen.clone(),
            finding.evidence.expected.clone(),
            fix.to_owned(),
            finding.fingerprint.to_string(),
            told.is_new(finding).to_string(),
        ];
        text.push_str(&cells.map(|one| cell(&one)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that is never taken for a formula.
fn cell(text: &str) -> String {
    let clean = clean(text);
    let formula = clean.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\u{FFFD}']);
    let safe = if formula { format!("'{clean}") } else { clean };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

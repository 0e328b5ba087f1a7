//! The findings as CSV (RFC 4180), safe to open in a spreadsheet.

use checkmate_notifier::render::csv::row;

use super::Told;

/// The findings, one a line, with a heading.
#[must_use]
pub fn csv(told: &Told<'_>) -> String {
    let mut text = "severity,rule,title,resource,pointer,seen,expected,fix,fingerprint,change\r\n".to_owned();
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
            told.change(finding).word().to_owned(),
        ];
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    text
}

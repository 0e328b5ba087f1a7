//! The report as SARIF 2.1.0, for code scanning pages.

use checkmate_domain::Severity;
use serde_json::{Value, json};

use super::{Change, Told, clean};

/// The report as SARIF. A location is the file of an export, or the path of the API's answer.
///
/// # Errors
/// When a value has no JSON form, which does not happen.
pub fn sarif(told: &Told<'_>) -> anyhow::Result<String> {
    let rules: Vec<Value> = told.report.rules.iter().map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.rationale},
            "help": {"text": format!("{}\n{}", rule.remediation.summary, rule.remediation.steps.join("\n"))},
            "helpUri": rule.references.first().map(|reference| &reference.url),
            "defaultConfiguration": {"level": level(rule.severity)},
            "properties": {"security-severity": score(rule.severity), "tags": ["security"]},
        })
    }).collect();
    let results: Vec<Value> = told.findings().into_iter().map(|finding| {
        let pointer = clean(&finding.evidence.pointer);
        let file = pointer.split('#').next().unwrap_or_default().trim_start_matches('/').replace(' ', "%20");
        let state = match told.change(finding) {
            Change::New => "new",
            Change::Worse | Change::Changed => "updated",
            Change::Same => "unchanged",
        };
        json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": {"text": message(&format!("{} ({}): {}; expected {}", finding.title, finding.resource_name, finding.evidence.seen, finding.evidence.expected))},
            "locations": [{
                "physicalLocation": {"artifactLocation": {"uri": file}},
                "logicalLocations": [{"fullyQualifiedName": pointer}],
            }],
            "partialFingerprints": {"checkmate/v1": finding.fingerprint},
            "baselineState": state,
        })
    }).collect();
    let complete = told.counts().not_assessed == 0;
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "CheckMate", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "invocations": [{"executionSuccessful": complete, "endTimeUtc": told.finished_at.to_string()}],
            "results": results,
        }],
    });
    crate::view::json(&whole)
}

/// A message in which nothing is a link: SARIF 2.1.0, section 3.11.6, has `[text](target)` for links, and a backslash before
/// brackets that are none.
fn message(text: &str) -> String {
    let clean = clean(text);
    let escaped =
        clean.chars().flat_map(|c| matches!(c, '[' | ']' | '\\').then_some('\\').into_iter().chain([c]));
    escaped.collect()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Low | Severity::Moderate => "warning",
        _ => "error",
    }
}

/// On the scale that code scanning pages sort by.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "3.0",
        Severity::Moderate => "5.5",
        _ => "8.0",
    }
}

//! The report as JSON; `docs/report.schema.json` is its schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Told, clean, reason};

/// The version of the form.
const SCHEMA: &str = "checkmate.report.v1";

/// The report as JSON.
///
/// # Errors
/// When a value has no JSON form, which does not happen.
pub fn json(told: &Told<'_>) -> anyhow::Result<String> {
    let report = told.report;
    let checks: Vec<Value> = report.checks.iter().map(|check| {
        let rule = told.rule(&check.rule);
        let mut value = json!({
            "id": check.rule,
            "status": check.outcome.word(),
            "severity": rule.map(|rule| rule.severity),
            "equivalents": rule.map(|rule| &rule.equivalents),
        });
        if let Some(reason) = reason(&check.outcome) {
            value["reason"] = json!(reason);
        }
        if !check.unseen.is_empty() {
            let each = |(resource, why): &(String, checkmate_domain::NotAssessed)| json!({"resource": clean(resource), "reason": clean(&why.to_string())});
            value["unseen"] = check.unseen.iter().map(each).collect();
        }
        value
    }).collect();
    let findings: Vec<Value> = told.findings().into_iter().map(|finding| {
        let rule = told.rule(&finding.rule);
        let kind = report.coverage.rules.get(&finding.place.rule).map(|coverage| coverage.collection.to_string());
        json!({
            "rule": finding.rule,
            "fingerprint": finding.fingerprint,
            "severity": finding.severity,
            "resource": {"type": kind, "id": clean(finding.place.resource.as_str()), "name": clean(&finding.resource_name)},
            "pointer": clean(&finding.evidence.pointer),
            "title": clean(&finding.title),
            "evidence": {"seen": clean(&finding.evidence.seen), "expected": clean(&finding.evidence.expected)},
            "remediation": rule.map(|rule| &rule.remediation),
            "references": rule.map(|rule| &rule.references),
            "equivalents": rule.map(|rule| &rule.equivalents),
            "new": told.is_new(finding),
        })
    }).collect();
    let counts = told.counts();
    #[allow(clippy::cast_precision_loss, reason = "no scan takes 2^53 ms")]
    let seconds = report.stats.millis as f64 / 1_000.0;
    let whole = json!({
        "schema": SCHEMA,
        "target": report.target,
        "started_at": told.started_at.to_string(),
        "finished_at": told.finished_at.to_string(),
        "checks": checks,
        "findings": findings,
        "coverage": {
            "assessed": counts.assessed(),
            "not_assessed": counts.not_assessed,
            "not_applicable": counts.not_applicable,
        },
        "stats": {"requests": report.stats.reads, "bytes": report.stats.bytes, "seconds": seconds},
    });
    crate::view::json(&whole)
}

/// The fingerprints in a report that was written before.
///
/// # Errors
/// When the text is no such report.
pub fn known_fingerprints(text: &str) -> anyhow::Result<BTreeSet<String>> {
    let value: Value = serde_json::from_str(text)?;
    let schema = value["schema"].as_str().unwrap_or_default();
    anyhow::ensure!(
        schema == SCHEMA,
        "it is no report of this program: its schema is '{schema}', expected {SCHEMA}"
    );
    let findings = value["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(findings.iter().filter_map(|finding| finding["fingerprint"].as_str().map(str::to_owned)).collect())
}

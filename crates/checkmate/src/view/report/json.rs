//! The report as JSON; `docs/report.schema.json` is its schema. Written finding by finding: a large report is in memory once.

use std::io::Write;

use checkmate_domain::{CheckResult, Finding, KeyId, NotAssessed, Reference, Remediation, Severity};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::{Change, Told, clean, reason};

/// The version of the form.
pub(super) const SCHEMA: &str = "checkmate.report.v1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    target: &'a str,
    /// Which fingerprint key was used: only reports of one key can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    started_at: String,
    finished_at: String,
    checks: Vec<Check<'a>>,
    #[serde(serialize_with = "each_finding")]
    findings: &'a Told<'a>,
    coverage: Coverage,
    stats: Stats,
}

#[derive(Serialize)]
struct Check<'a> {
    id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    severity: Option<Severity>,
    equivalents: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<Unseen>,
}

#[derive(Serialize)]
struct Unseen {
    resource: String,
    reason: String,
}

#[derive(Serialize)]
struct Coverage {
    assessed: usize,
    not_assessed: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct Stats {
    requests: u64,
    retries: u64,
    bytes: u64,
    seconds: f64,
}

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    fingerprint: &'a str,
    severity: Severity,
    resource: Resource<'a>,
    pointer: String,
    title: String,
    evidence: Evidence<'a>,
    remediation: Option<&'a Remediation>,
    references: &'a [Reference],
    equivalents: &'a [String],
    new: bool,
    change: Change,
}

#[derive(Serialize)]
struct Resource<'a> {
    r#type: Option<&'a str>,
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Evidence<'a> {
    seen: String,
    expected: &'a str,
}

/// The report as JSON.
///
/// # Errors
/// When it cannot be written.
pub fn write_json(told: &Told<'_>, mut to: impl Write) -> anyhow::Result<()> {
    let (report, counts) = (told.report, told.counts());
    #[allow(clippy::cast_precision_loss, reason = "no scan takes 2^53 ms")]
    let seconds = report.stats.millis as f64 / 1_000.0;
    let whole = Report {
        schema: SCHEMA,
        target: report.target.as_str(),
        key_id: told.key_id.as_ref().map(KeyId::as_str),
        started_at: told.started_at.to_string(),
        finished_at: told.finished_at.to_string(),
        checks: report.checks.iter().map(|check| self::check(told, check)).collect(),
        findings: told,
        coverage: Coverage {
            assessed: counts.assessed(),
            not_assessed: counts.not_assessed,
            not_applicable: counts.not_applicable,
        },
        stats: Stats {
            requests: report.stats.reads,
            retries: report.stats.retries,
            bytes: report.stats.bytes,
            seconds,
        },
    };
    serde_json::to_writer_pretty(&mut to, &whole)?;
    to.write_all(b"\n")?;
    to.flush()?;
    Ok(())
}

fn check<'a>(told: &'a Told<'_>, check: &'a CheckResult) -> Check<'a> {
    let rule = told.rule(&check.rule);
    let unseen = |(resource, why): &(String, NotAssessed)| Unseen {
        resource: clean(resource),
        reason: clean(&why.to_string()),
    };
    Check {
        id: check.rule.as_str(),
        status: check.outcome.word(),
        reason: reason(&check.outcome),
        severity: rule.map(|rule| rule.severity),
        equivalents: rule.map(|rule| rule.equivalents.as_slice()).unwrap_or_default(),
        unseen: check.unseen.iter().map(unseen).collect(),
    }
}

fn each_finding<S: Serializer>(told: &&Told<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(told.report.findings.len()))?;
    for finding in told.findings() {
        list.serialize_element(&line(told, finding))?;
    }
    list.end()
}

fn line<'a>(told: &'a Told<'_>, finding: &'a Finding) -> Line<'a> {
    let rule = told.rule(&finding.rule);
    let coverage = told.report.coverage.rules.get(&finding.place.rule);
    Line {
        rule: finding.rule.as_str(),
        fingerprint: finding.fingerprint.as_str(),
        severity: finding.severity,
        resource: Resource {
            r#type: coverage.map(|coverage| coverage.collection.as_str()),
            id: clean(finding.place.resource.as_str()),
            name: clean(&finding.resource_name),
        },
        pointer: clean(&finding.evidence.pointer),
        title: clean(&finding.title),
        evidence: Evidence { seen: clean(&finding.evidence.seen), expected: &finding.evidence.expected },
        remediation: rule.map(|rule| &rule.remediation),
        references: rule.map(|rule| rule.references.as_slice()).unwrap_or_default(),
        equivalents: rule.map(|rule| rule.equivalents.as_slice()).unwrap_or_default(),
        new: told.change(finding) == Change::New,
        change: told.change(finding),
    }
}

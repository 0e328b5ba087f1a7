//! The report of before, and what became of its findings: what is mended and what was not looked at are two things.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{Finding, KeyId, ResourceId, RuleId, ScanReport, Severity, Statement};
use serde::Deserialize;

use super::clean;
use super::json::SCHEMA;

/// A report that was written before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    by_fingerprint: BTreeMap<String, Known>,
    target: String,
    /// Which key its fingerprints are made with, where it says so.
    key_id: Option<String>,
}

/// A finding of before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    rule: String,
    resource: String,
    /// What a reader knows it by.
    pub(super) title: String,
    pub(super) name: String,
    /// How bad it was, where the report said so.
    severity: Option<Severity>,
    seen: String,
}

/// A finding, beside the report of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there.
    New,
    /// It was there, and less severe.
    Worse,
    /// It was there, and something else was seen.
    Changed,
    /// It is as it was.
    Same,
}

impl Change {
    /// Whether the report of before does not cover it.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::New | Self::Worse)
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// What became of the findings of before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Since<'a> {
    /// Still there.
    pub(super) still: usize,
    /// Of these, those that are more severe.
    pub(super) worse: usize,
    /// The check ran there and found nothing, or the thing is gone.
    pub(super) mended: Vec<&'a Known>,
    /// Nothing can be said.
    pub(super) not_looked_at: Vec<&'a Known>,
}

#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    schema: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default)]
    findings: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    fingerprint: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    resource: Resource,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(default)]
    evidence: Seen,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Seen {
    seen: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    id: String,
    name: String,
}

impl Baseline {
    /// Reads a JSON report.
    ///
    /// # Errors
    /// When the text is none.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let before: Before = serde_json::from_str(text)?;
        let schema = &before.schema;
        anyhow::ensure!(
            schema == SCHEMA,
            "it is no report of this program: its schema is '{schema}', expected {SCHEMA}"
        );
        let known = |line: Line| {
            let Line { fingerprint, rule, title, resource, severity, evidence } = line;
            let (resource, name, seen) = (resource.id, resource.name, evidence.seen);
            (fingerprint, Known { rule, resource, title, name, severity, seen })
        };
        let (target, key_id) = (before.target, before.key_id);
        Ok(Self { by_fingerprint: before.findings.into_iter().map(known).collect(), target, key_id })
    }

    /// Why a report cannot be compared with this one: then all of it would be new, and all of this mended.
    #[must_use]
    pub fn unlike(&self, target: &str, key_id: Option<&KeyId>) -> Option<String> {
        if self.target != target {
            return Some(format!("it is the report of {}, and this is one of {target}", clean(&self.target)));
        }
        match (&self.key_id, key_id) {
            (Some(before), Some(now)) if before != now.as_str() => Some(format!(
                "it was made with another fingerprint key ({}, and this is {now}), by which the same finding has another \
                 fingerprint: keep one key for both with the setting fingerprint_key_file",
                clean(before)
            )),
            _ => None,
        }
    }

    /// What became of a finding that is there.
    #[must_use]
    pub fn change(&self, finding: &Finding) -> Change {
        match self.by_fingerprint.get(finding.fingerprint.as_str()) {
            None => Change::New,
            Some(known) if known.severity.is_some_and(|before| finding.severity > before) => Change::Worse,
            Some(known) if known.seen != clean(&finding.evidence.seen) => Change::Changed,
            Some(_) => Change::Same,
        }
    }

    /// What became of what was there, as far as the report tells.
    pub(super) fn since(&self, report: &ScanReport) -> Since<'_> {
        let there: BTreeSet<&str> =
            report.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let worse = report.findings.iter().filter(|finding| self.change(finding) == Change::Worse).count();
        let mut since = Since { worse, ..Since::default() };
        for (fingerprint, known) in &self.by_fingerprint {
            if there.contains(fingerprint.as_str()) {
                since.still += 1;
            } else if known.statement(report) == Statement::Unknown {
                since.not_looked_at.push(known);
            } else {
                since.mended.push(known);
            }
        }
        since
    }
}

impl Since<'_> {
    /// What is still there, in words.
    pub(super) fn still_words(&self) -> String {
        match self.worse {
            0 => format!("{} still there", self.still),
            worse => format!("{} still there, {worse} of them worse", self.still),
        }
    }
}

impl Known {
    fn statement(&self, report: &ScanReport) -> Statement {
        let called = |id: &RuleId| id.as_str() == self.rule;
        let rule = report.rules.iter().find(|rule| called(&rule.id) || rule.aliases.iter().any(called));
        match (rule, ResourceId::new(self.resource.clone())) {
            (Some(rule), Ok(resource)) => report.coverage.statement(rule.identity(), &resource),
            _ => Statement::Unknown,
        }
    }
}

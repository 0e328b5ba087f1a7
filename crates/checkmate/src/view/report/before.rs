//! The report of before, and what became of its findings: what is mended and what was not looked at are two things.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{Finding, ResourceId, RuleId, ScanReport, Statement};
use serde::Deserialize;

use super::json::SCHEMA;

/// A report that was written before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    by_fingerprint: BTreeMap<String, Known>,
}

/// A finding of before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    rule: String,
    resource: String,
    /// What a reader knows it by.
    pub(super) title: String,
    pub(super) name: String,
}

/// What became of the findings of before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Since<'a> {
    /// Still there.
    pub(super) still: usize,
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
            let Line { fingerprint, rule, title, resource } = line;
            (fingerprint, Known { rule, resource: resource.id, title, name: resource.name })
        };
        Ok(Self { by_fingerprint: before.findings.into_iter().map(known).collect() })
    }

    /// Whether a finding was there before.
    #[must_use]
    pub fn knows(&self, finding: &Finding) -> bool {
        self.by_fingerprint.contains_key(finding.fingerprint.as_str())
    }

    /// What became of what was there, as far as the report tells.
    pub(super) fn since(&self, report: &ScanReport) -> Since<'_> {
        let there: BTreeSet<&str> =
            report.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let mut since = Since::default();
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

//! The report on one target, as it leaves this program: a table, JSON, SARIF, CSV or one HTML page.
//!
//! Everything in a report comes from outside: no control characters and no marks that turn text around get through.

mod before;
mod csv;
mod html;
mod json;
mod sarif;
mod table;

use std::collections::BTreeSet;

use checkmate_domain::{CheckOutcome, Finding, KeyId, Rule, ScanReport, Severity, Timestamp};

pub use before::{Baseline, Change};
use checkmate_notifier::render::clean;
pub use csv::csv;
pub use html::html;
pub use json::write_json;
pub use sarif::sarif;
pub use table::table;

/// A report with what is to be made of it.
pub struct Told<'a> {
    /// The report.
    pub report: &'a ScanReport,
    /// Which key its fingerprints are made with; none where nothing could be looked at.
    pub key_id: Option<KeyId>,
    /// When the scan began.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Timestamp,
    /// The report of before; none when there is nothing to compare with.
    pub baseline: Option<Baseline>,
    /// From which severity a finding counts; never when none.
    pub fail_on: Option<Severity>,
    /// The share of checks that has to be answered, in per cent.
    pub min_coverage: u8,
}

/// How many checks have which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Asked in vain.
    pub not_assessed: usize,
    /// Nothing to ask.
    pub not_applicable: usize,
}

impl Counts {
    /// Those with an answer.
    #[must_use]
    pub const fn assessed(self) -> usize {
        self.passed + self.failed
    }

    /// The share of checks with an answer of those that could have one, in per cent; none where nothing applies.
    #[must_use]
    pub const fn coverage(self) -> Option<usize> {
        (self.assessed() * 100).checked_div(self.assessed() + self.not_assessed)
    }

    /// The share in words.
    fn coverage_words(self) -> String {
        self.coverage().map_or_else(
            || "no check applies here".to_owned(),
            |share| format!("{share} % of what applies was looked at"),
        )
    }
}

impl Told<'_> {
    /// How many checks have which answer.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for check in &self.report.checks {
            match check.outcome {
                CheckOutcome::Passed => counts.passed += 1,
                CheckOutcome::Failed => counts.failed += 1,
                CheckOutcome::NotAssessed { .. } => counts.not_assessed += 1,
                CheckOutcome::NotApplicable { .. } => counts.not_applicable += 1,
            }
        }
        counts
    }

    /// What became of a finding since the report of before; without one it is new.
    #[must_use]
    pub fn change(&self, finding: &Finding) -> Change {
        self.baseline.as_ref().map_or(Change::New, |before| before.change(finding))
    }

    /// The word for a change that a reader of the page should see; none without a report of before.
    fn change_word(&self, finding: &Finding) -> Option<&'static str> {
        let change = self.change(finding);
        (self.baseline.is_some() && change != Change::Same).then(|| change.word())
    }

    /// The exit code: findings first, then whether enough could be looked at. Nothing is never enough.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let counts = |finding: &&Finding| self.fail_on.is_some_and(|least| finding.severity >= least);
        if self.report.findings.iter().filter(counts).any(|finding| self.change(finding).counts()) {
            return crate::EXIT_ERROR;
        }
        let enough = |share: usize| share > 0 && share >= usize::from(self.min_coverage);
        if self.counts().coverage().is_some_and(|share| !enough(share)) {
            return crate::EXIT_INCOMPLETE;
        }
        crate::EXIT_DONE
    }

    /// The rule of a finding or check.
    fn rule(&self, id: &checkmate_domain::RuleId) -> Option<&Rule> {
        self.report.rules.iter().find(|rule| rule.id == *id)
    }

    /// Findings, worst first.
    fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.report.findings.iter().collect();
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.place.cmp(&b.place)));
        findings
    }
}

/// Leaves only the rules that are wanted: each word is an id, the beginning of one, or a name of the reference tool.
///
/// # Errors
/// The words that name no rule: somebody meant one.
pub fn narrow(report: &mut ScanReport, only: &[String], skip: &[String]) -> Result<(), Vec<String>> {
    let unknown: Vec<String> = only
        .iter()
        .chain(skip)
        .filter(|word| !report.rules.iter().any(|rule| is_named(rule, word)))
        .cloned()
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let named = |rule: &Rule, words: &[String]| words.iter().any(|word| is_named(rule, word));
    let wanted = |rule: &Rule| (only.is_empty() || named(rule, only)) && !named(rule, skip);
    report.rules.retain(wanted);
    let kept: BTreeSet<_> = report.rules.iter().map(|rule| rule.id.clone()).collect();
    report.checks.retain(|check| kept.contains(&check.rule));
    report.findings.retain(|finding| kept.contains(&finding.rule));
    Ok(())
}

fn is_named(rule: &Rule, word: &str) -> bool {
    let known = |name: &String| name == word || name.rsplit('/').next() == Some(word);
    !word.is_empty()
        && (rule.id.as_str().starts_with(word)
            || rule.aliases.iter().any(|alias| alias.as_str() == word)
            || rule.equivalents.iter().any(known))
}

/// Why a check has no answer.
fn reason(outcome: &CheckOutcome) -> Option<String> {
    match outcome {
        CheckOutcome::NotApplicable { why } => Some(clean(why)),
        CheckOutcome::NotAssessed { why } => Some(clean(&why.to_string())),
        CheckOutcome::Passed | CheckOutcome::Failed => None,
    }
}

#[cfg(test)]
mod tests;

//! A report as it changes what is known of its target, without what is in it for a person.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use crate::coverage::Coverage;
use crate::finding::Finding;
use crate::id::{RuleId, TargetId};
use crate::priority::Triaged;
use crate::report::{CheckResult, ReportKind, ScanReport};

/// What reconciling reads of a stored [`ScanReport`]. The texts of its rules, which are most of many a report, are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReportFacts {
    /// Whole, part or gone.
    pub kind: ReportKind,
    /// The whole target's id.
    pub target: TargetId,
    /// The rules used, by [`crate::Rule::identity`].
    #[serde(deserialize_with = "identities")]
    pub rules: Vec<RuleId>,
    /// How much was answered.
    #[serde(deserialize_with = "counted")]
    pub checks: Checks,
    /// Every failed check at every place.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub coverage: Coverage,
    /// Verdicts by position in `findings`.
    #[serde(default)]
    pub triage: Vec<Triaged>,
}

impl From<ScanReport> for ReportFacts {
    fn from(report: ScanReport) -> Self {
        let ScanReport { kind, target, rules, checks, findings, coverage, triage, stats: _ } = report;
        let rules = rules.iter().map(|rule| rule.identity().clone()).collect();
        Self {
            kind,
            target,
            rules,
            checks: Checks::of(checks.iter().map(CheckResult::is_answered)),
            findings,
            coverage,
            triage,
        }
    }
}

/// How much of what was asked was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Checks that were asked.
    pub asked: u64,
    /// Of these, how many got no answer, wholly or for some of what they were asked of.
    pub unanswered: u64,
}

impl Checks {
    /// Of each check, whether it was answered.
    fn of(answered: impl Iterator<Item = bool>) -> Self {
        answered.fold(Self::default(), |Self { asked, unanswered }, answered| Self {
            asked: asked + 1,
            unanswered: unanswered + u64::from(!answered),
        })
    }
}

/// Of a [`crate::Rule`] what names it.
#[derive(Deserialize)]
struct Named {
    id: RuleId,
    #[serde(default)]
    aliases: Vec<RuleId>,
}

fn identities<'de, D: Deserializer<'de>>(rules: D) -> Result<Vec<RuleId>, D::Error> {
    let rules = Vec::<Named>::deserialize(rules)?;
    Ok(rules.into_iter().map(|Named { id, aliases }| aliases.into_iter().next().unwrap_or(id)).collect())
}

/// Of a [`CheckResult`] what says whether it was answered.
#[derive(Deserialize)]
struct Answer {
    status: Status,
    #[serde(default)]
    unseen: Vec<IgnoredAny>,
}

/// The words of [`crate::CheckOutcome`].
#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Passed,
    Failed,
    NotApplicable,
    NotAssessed,
}

fn counted<'de, D: Deserializer<'de>>(checks: D) -> Result<Checks, D::Error> {
    let answers = Vec::<Answer>::deserialize(checks)?;
    let answered = |answer: &Answer| answer.status != Status::NotAssessed && answer.unseen.is_empty();
    Ok(Checks::of(answers.iter().map(answered)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NotAssessed;
    use crate::report::CheckOutcome;
    use crate::rule::{Remediation, Rule, Severity};

    fn id(text: &str) -> RuleId {
        RuleId::new(text).expect("an id")
    }

    fn rule(now: &str, before: &[&str]) -> Rule {
        Rule {
            id: id(now),
            aliases: before.iter().map(|alias| id(alias)).collect(),
            title: "t".to_owned(),
            severity: Severity::Low,
            rationale: "r".to_owned(),
            remediation: Remediation::default(),
            references: Vec::new(),
            equivalents: Vec::new(),
        }
    }

    /// Each outcome, with and without something unseen.
    fn checks() -> Vec<CheckResult> {
        let outcomes = [
            CheckOutcome::Passed,
            CheckOutcome::Failed,
            CheckOutcome::NotApplicable { why: "there are none".to_owned() },
            CheckOutcome::NotAssessed { why: NotAssessed::Expired },
            CheckOutcome::NotAssessed { why: NotAssessed::Forbidden("scope".to_owned()) },
        ];
        let unseen = [Vec::new(), vec![("a".to_owned(), NotAssessed::Expired)]];
        let all = outcomes.iter().flat_map(|outcome| unseen.iter().map(move |unseen| (outcome, unseen)));
        let check = |(outcome, unseen): (&CheckOutcome, &Vec<_>)| CheckResult {
            rule: id("now"),
            outcome: outcome.clone(),
            unseen: unseen.clone(),
        };
        all.map(check).collect()
    }

    /// Whoever adds an outcome has to say here how it is read.
    fn read_as(outcome: &CheckOutcome) -> Status {
        match outcome {
            CheckOutcome::Passed => Status::Passed,
            CheckOutcome::Failed => Status::Failed,
            CheckOutcome::NotApplicable { .. } => Status::NotApplicable,
            CheckOutcome::NotAssessed { .. } => Status::NotAssessed,
        }
    }

    #[test]
    fn every_outcome_is_read_by_its_word() {
        for check in checks() {
            let written = serde_json::to_string(&check).expect("JSON");
            let answer: Answer = serde_json::from_str(&written).expect("an answer");
            assert_eq!(answer.status, read_as(&check.outcome), "{written}");
        }
    }

    #[test]
    fn what_is_read_of_a_stored_report_is_what_is_in_it() {
        let mut report = ScanReport::target_gone(TargetId::new("export:a").expect("an id"));
        report.rules = vec![rule("now", &["first", "second"]), rule("plain", &[])];
        report.checks = checks();
        let stored = serde_json::to_vec(&report).expect("JSON");
        let facts = ReportFacts::from(report);
        assert_eq!(facts.rules, [id("first"), id("plain")]);
        assert_eq!(facts.checks, Checks { asked: 10, unanswered: 7 });
        assert_eq!(serde_json::from_slice::<ReportFacts>(&stored).expect("facts"), facts);
        assert_eq!(serde_json::from_reader::<_, ReportFacts>(&*stored).expect("from a reader"), facts);
    }
}

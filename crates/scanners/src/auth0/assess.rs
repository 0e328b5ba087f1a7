//! Asks every check of a snapshot and writes the report. Pure: the same snapshot gives the same report.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::id::IdError;
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, Finding, FingerprintKey, NotAssessed, ObjectList,
    Place, ReportKind, ResourceId, Rule, RuleCoverage, ScanReport, ScanStats, Seen, TargetId,
};

use super::all::ALL;
use super::check::{Answer, Ask, Check, Meta, Problem, Verdict, line};
use super::item::Item;
use super::snapshot::{Section, TenantSnapshot, cut, not_exported};
use super::source::Collection;

/// Where questions about the tenant as a whole belong: one collection, one resource.
const TENANT: &str = "tenant";
/// Unseen resources told by name for each check; coverage has them all.
const MOST_UNSEEN: usize = 100;

/// The report on a tenant.
pub(crate) fn assess(
    snapshot: &TenantSnapshot,
    target: &TargetId,
    key: &FingerprintKey,
) -> Result<ScanReport, IdError> {
    let mut report = ScanReport {
        kind: ReportKind::Whole,
        target: target.clone(),
        rules: Vec::new(),
        checks: Vec::new(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        stats: ScanStats::default(),
        triage: Vec::new(),
    };
    for check in ALL {
        let rule = check.meta.rule()?;
        let mut asked = ask(check, snapshot)?;
        let (collection, objects) = objects(check, snapshot)?;
        let coverage = RuleCoverage { collection: collection.clone(), seen: asked.seen() };
        report.coverage.objects.insert(collection, objects);
        report.coverage.rules.insert(rule.identity().clone(), coverage);
        report.checks.push(asked.result(&rule));
        for (resource, name, problem) in std::mem::take(&mut asked.failed) {
            report.findings.push(finding(&check.meta, &rule, target, key, resource, name, problem));
        }
        report.rules.push(rule);
    }
    report.findings.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(report)
}

/// One check asked of everything it can be asked of.
#[derive(Default)]
struct Asked {
    failed: Vec<(ResourceId, String, Problem)>,
    passed: usize,
    not_applicable: Option<String>,
    unseen: BTreeMap<ResourceId, NotAssessed>,
    /// Why the list itself is not known, or not to its end.
    list: Option<NotAssessed>,
}

impl Asked {
    fn take(&mut self, resource: ResourceId, name: &str, answer: Answer) {
        match answer {
            Ok(Verdict::Passed) => self.passed += 1,
            Ok(Verdict::NotApplicable(why)) => self.not_applicable = Some(why.to_owned()),
            Ok(Verdict::Failed(problem)) => self.failed.push((resource, line(name), problem)),
            // Asked of something that the plan does not have, a check has nothing to ask.
            Err(NotAssessed::NotAvailable(what)) => self.not_applicable = Some(what),
            Err(reason) => {
                self.unseen.insert(resource, reason);
            }
        }
    }

    fn nothing_answered(&self) -> bool {
        self.failed.is_empty() && self.passed == 0 && self.not_applicable.is_none()
    }

    fn seen(&self) -> Seen {
        let unasked = self.list.is_some() || !self.unseen.is_empty();
        match (unasked && self.nothing_answered(), self.unseen.is_empty()) {
            (true, _) => Seen::Nothing,
            (false, true) => Seen::All,
            (false, false) => Seen::Except(self.unseen.keys().cloned().collect()),
        }
    }

    fn outcome(&self) -> CheckOutcome {
        let first = self.unseen.values().next().or(self.list.as_ref());
        match (self.failed.is_empty(), first, &self.not_applicable) {
            (false, _, _) => CheckOutcome::Failed,
            (true, Some(why), _) => CheckOutcome::NotAssessed { why: why.clone() },
            (true, None, Some(why)) if self.passed == 0 => CheckOutcome::NotApplicable { why: why.clone() },
            (true, None, _) => CheckOutcome::Passed,
        }
    }

    fn result(&self, rule: &Rule) -> CheckResult {
        let unseen = self.unseen.iter().take(MOST_UNSEEN).map(|(id, why)| (id.to_string(), why.clone()));
        CheckResult { rule: rule.id.clone(), outcome: self.outcome(), unseen: unseen.collect() }
    }
}

fn ask(check: &Check, snapshot: &TenantSnapshot) -> Result<Asked, IdError> {
    let mut asked = Asked::default();
    match check.ask {
        Ask::Tenant(question) => asked.take(ResourceId::new(TENANT)?, TENANT, question(snapshot)),
        Ask::Each(collection, question) => ask_each(&mut asked, collection, question, snapshot),
    }
    Ok(asked)
}

fn ask_each(
    asked: &mut Asked,
    collection: Collection,
    question: fn(&Item, &TenantSnapshot) -> Answer,
    snapshot: &TenantSnapshot,
) {
    match snapshot.section(collection) {
        Section::Loaded(_) => {}
        Section::Empty => {
            asked.not_applicable = Some(format!("the tenant has no {}", collection.source().words));
        }
        Section::NotExported => asked.list = Some(not_exported(collection)),
        Section::NotAvailable(what) => asked.not_applicable = Some(what.clone()),
        Section::Unreadable(reason) => asked.list = Some(reason.clone()),
        Section::Partial { unseen, .. } => {
            asked.unseen.extend(unseen.iter().cloned());
            // The reason of an unseen object says more than that the list is open.
            asked.list = unseen.is_empty().then(|| cut(collection));
        }
    }
    for item in snapshot.known(collection) {
        asked.take(item.id.clone(), &item.name, question(item, snapshot));
    }
}

/// The list that the resources of a check come from.
fn objects(check: &Check, snapshot: &TenantSnapshot) -> Result<(CollectionId, ObjectList), IdError> {
    let Ask::Each(collection, _) = check.ask else {
        let ids = BTreeSet::from([ResourceId::new(TENANT)?]);
        return Ok((CollectionId::new(TENANT)?, ObjectList { complete: true, ids }));
    };
    let mut ids: BTreeSet<ResourceId> =
        snapshot.known(collection).iter().map(|item| item.id.clone()).collect();
    let section = snapshot.section(collection);
    if let Section::Partial { unseen, .. } = section {
        ids.extend(unseen.iter().map(|(id, _)| id.clone()));
    }
    let complete = matches!(section, Section::Loaded(_) | Section::Empty);
    Ok((CollectionId::new(collection.source().id)?, ObjectList { complete, ids }))
}

fn finding(
    meta: &Meta,
    rule: &Rule,
    target: &TargetId,
    key: &FingerprintKey,
    resource: ResourceId,
    name: String,
    problem: Problem,
) -> Finding {
    let identity = rule.identity();
    Finding {
        fingerprint: key.fingerprint(identity, target, &resource, ""),
        rule: rule.id.clone(),
        place: Place {
            rule: identity.clone(),
            target: target.clone(),
            resource,
            discriminator: String::new(),
        },
        resource_name: name,
        title: problem.title,
        severity: problem.severity,
        exposure: meta.exposure,
        evidence: problem.evidence,
    }
}

//! Large tenants in parts: one job for the lists and what they answer, and one for each so many objects that one more call is
//! made for. Without I/O.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::id::IdError;
use checkmate_domain::{
    CheckOutcome, CollectionId, Part, PartId, ReportKind, ResourceId, RuleId, ScanReport, Seen,
};

use super::pace::Plan;

/// Objects of one part: as many as a job may ask about within its time, the lists read again. The smaller plans allow 50
/// calls a minute about connections and organizations.
const fn size(plan: Plan) -> usize {
    match plan {
        Plan::Free | Plan::Essentials => 300,
        Plan::Enterprise | Plan::Unlimited => 1_000,
    }
}

/// The parts of a tenant whose lists gave this report, without what is asked of each object: `objects` are those that have
/// to be asked one by one, by kind. The first part has no resources: it is the lists.
pub(super) fn split(report: &ScanReport, objects: &[Vec<String>], plan: Plan) -> Result<Vec<Part>, IdError> {
    let all: Vec<RuleId> = report.rules.iter().map(|rule| rule.id.clone()).collect();
    let mut parts = vec![part(all, Vec::new())];
    for ids in objects {
        let ids: BTreeSet<ResourceId> =
            ids.iter().map(|id| ResourceId::new(id.clone())).collect::<Result<_, _>>()?;
        let rules = waiting(report, &ids);
        if rules.is_empty() {
            continue;
        }
        let ids: Vec<ResourceId> = ids.into_iter().collect();
        parts.extend(ids.chunks(size(plan)).map(|chunk| part(rules.clone(), chunk.to_vec())));
    }
    Ok(parts)
}

fn part(rules: Vec<RuleId>, resources: Vec<ResourceId>) -> Part {
    let id = PartId::derived(&rules.iter().collect::<Vec<_>>(), &resources.iter().collect::<Vec<_>>());
    Part { id, rules, resources }
}

/// The rules that have no answer for some of these objects.
fn waiting(report: &ScanReport, ids: &BTreeSet<ResourceId>) -> Vec<RuleId> {
    let waits = |rule: &RuleId, identity: &RuleId| match report.coverage.rules.get(identity).map(|it| &it.seen) {
        Some(Seen::Except(unseen)) => !unseen.is_disjoint(ids),
        Some(Seen::Nothing) => listed(report, identity).is_some_and(|list| !list.is_disjoint(ids)),
        _ => false,
    } && report.checks.iter().any(|check| check.rule == *rule);
    let rules = report.rules.iter().filter(|rule| waits(&rule.id, rule.identity()));
    rules.map(|rule| rule.id.clone()).collect()
}

/// The ids of the list that a rule is asked of.
fn listed<'a>(report: &'a ScanReport, identity: &RuleId) -> Option<&'a BTreeSet<ResourceId>> {
    let coverage = report.coverage.rules.get(identity)?;
    Some(&report.coverage.objects.get(&coverage.collection)?.ids)
}

/// What the part of the lists says: nothing of the objects whose own parts answer, but that others are gone.
pub(super) fn of_lists(mut report: ScanReport, objects: &[Vec<String>]) -> Result<ScanReport, IdError> {
    let mut elsewhere: BTreeSet<RuleId> = BTreeSet::new();
    for ids in objects {
        let ids: BTreeSet<ResourceId> =
            ids.iter().map(|id| ResourceId::new(id.clone())).collect::<Result<_, _>>()?;
        elsewhere.extend(waiting(&report, &ids));
    }
    let lists: BTreeMap<CollectionId, BTreeSet<ResourceId>> =
        report.coverage.objects.iter().map(|(id, list)| (id.clone(), list.ids.clone())).collect();
    let identities = report.rules.iter().filter(|rule| elsewhere.contains(&rule.id));
    for identity in identities.map(|rule| rule.identity().clone()) {
        if let Some(coverage) = report.coverage.rules.get_mut(&identity)
            && coverage.seen == Seen::Nothing
        {
            coverage.seen = Seen::Except(lists.get(&coverage.collection).cloned().unwrap_or_default());
        }
    }
    // Failed where the list alone told it; otherwise the answer comes with the parts.
    report.checks.retain(|check| check.outcome == CheckOutcome::Failed || !elsewhere.contains(&check.rule));
    Ok(report)
}

/// What the part of some objects says: of these rules, and of these objects only.
pub(super) fn of_objects(mut report: ScanReport, part: &Part) -> ScanReport {
    let (rules, ids): (BTreeSet<&RuleId>, BTreeSet<&ResourceId>) =
        (part.rules.iter().collect(), part.resources.iter().collect());
    report.kind = ReportKind::Part;
    report.rules.retain(|rule| rules.contains(&rule.id));
    report.checks.retain(|check| rules.contains(&check.rule));
    report.findings.retain(|finding| rules.contains(&finding.rule) && ids.contains(&finding.place.resource));
    let identities: BTreeSet<RuleId> = report.rules.iter().map(|rule| rule.identity().clone()).collect();
    report.coverage.rules.retain(|identity, _| identities.contains(identity));
    let lists = &mut report.coverage.objects;
    for coverage in report.coverage.rules.values_mut() {
        let list = lists.get(&coverage.collection).map(|list| &list.ids);
        let here = list.into_iter().flatten().filter(|id| ids.contains(id)).cloned();
        coverage.seen = match &coverage.seen {
            Seen::Nothing => Seen::Nothing,
            Seen::All => Seen::Only(here.collect()),
            Seen::Except(unseen) => Seen::Only(here.filter(|id| !unseen.contains(id)).collect()),
            Seen::Only(seen) => Seen::Only(here.filter(|id| seen.contains(id)).collect()),
        };
    }
    for list in lists.values_mut() {
        list.complete = false;
        list.ids.retain(|id| ids.contains(id));
    }
    let failed: BTreeSet<RuleId> = report.findings.iter().map(|finding| finding.rule.clone()).collect();
    for check in &mut report.checks {
        check.unseen.retain(|(id, _)| part.resources.iter().any(|here| here.as_str() == id));
        let other = check.outcome == CheckOutcome::Failed && !failed.contains(&check.rule);
        if other {
            check.outcome = check
                .unseen
                .first()
                .map_or(CheckOutcome::Passed, |(_, why)| CheckOutcome::NotAssessed { why: why.clone() });
        }
    }
    report
}

//! Which attempt last said something about which resource, kept small.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{Horizon, ReportFacts, ResourceId, RuleId, TargetHead};

/// Entries kept per rule. Beyond it the two oldest are merged under the newer of their numbers, which can only make
/// an even later report count as outdated.
const KEPT: usize = 32;

/// The newest attempt that said something about a rule at a resource; 0 when none did.
pub(super) fn seen_at(head: &TargetHead, rule: &RuleId, resource: &ResourceId) -> u64 {
    let entries = head.horizons.get(rule).map_or(&[][..], Vec::as_slice);
    let seen = entries.iter().find(|(_, horizon)| horizon.knows(resource)).map_or(0, |(seq, _)| *seq);
    seen.max(head.gone_seq)
}

/// Notes what a report said something about.
pub(super) fn remember(head: &mut TargetHead, report: &ReportFacts, seq: u64) {
    let mut failed: BTreeMap<&RuleId, BTreeSet<ResourceId>> = BTreeMap::new();
    for finding in &report.findings {
        failed.entry(&finding.place.rule).or_default().insert(finding.place.resource.clone());
    }
    let rules: BTreeSet<&RuleId> = report.coverage.rules.keys().chain(failed.keys().copied()).collect();
    for rule in rules {
        let failed = Horizon::Only(failed.remove(rule).unwrap_or_default());
        let horizon = report.coverage.horizon(rule).union(&failed);
        if !horizon.is_empty() {
            insert(head.horizons.entry(rule.clone()).or_default(), seq, horizon);
        }
    }
}

/// Newest first, nothing behind an entry that knows everything.
fn insert(entries: &mut Vec<(u64, Horizon)>, seq: u64, horizon: Horizon) {
    let at = entries.iter().position(|(other, _)| *other < seq).unwrap_or(entries.len());
    entries.insert(at, (seq, horizon));
    if let Some(everything) = entries.iter().position(|(_, horizon)| horizon.is_everything()) {
        entries.truncate(everything + 1);
    }
    while entries.len() > KEPT {
        let (Some((_, oldest)), Some((_, older))) = (entries.pop(), entries.last_mut()) else { return };
        *older = older.union(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(n: u64) -> Horizon {
        Horizon::Only(BTreeSet::from([ResourceId::new(format!("r{n}")).unwrap()]))
    }

    #[test]
    fn stays_small_and_never_forgets_that_something_was_seen() {
        let mut entries = Vec::new();
        for seq in (1..=100).rev() {
            insert(&mut entries, seq, only(seq));
        }
        assert_eq!(entries.len(), KEPT);
        assert!(entries.is_sorted_by(|a, b| a.0 > b.0));
        for n in 1..=100u64 {
            let resource = ResourceId::new(format!("r{n}")).unwrap();
            let seen = entries.iter().find(|(_, horizon)| horizon.knows(&resource)).map(|(seq, _)| *seq);
            assert!(seen >= Some(n), "r{n}: {seen:?}");
        }
        insert(&mut entries, 200, Horizon::AllBut(BTreeSet::new()));
        assert_eq!(entries.len(), 1);
    }
}

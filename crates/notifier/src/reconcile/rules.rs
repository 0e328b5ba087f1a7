//! Rules that are asked no more: missing from two whole reports in a row, their findings are withdrawn.

use std::collections::BTreeSet;

use checkmate_domain::{ReportFacts, ReportKind, RuleId, TargetHead};

/// Whole reports in a row a rule may miss before it counts as gone.
const GONE_AFTER: u32 = 2;

fn asked(report: &ReportFacts) -> BTreeSet<&RuleId> {
    report.rules.iter().collect()
}

fn is_news(report: &ReportFacts, head: &TargetHead, seq: u64) -> bool {
    report.kind == ReportKind::Whole && seq > head.whole_seq
}

/// The rules, by identity, that are gone with this report.
pub(super) fn retired(report: &ReportFacts, head: &TargetHead, seq: u64) -> BTreeSet<RuleId> {
    if !is_news(report, head, seq) {
        return BTreeSet::new();
    }
    let asked = asked(report);
    let missed = |rule: &RuleId| head.missing.get(rule).map_or(0, |(times, _)| *times) + 1;
    head.horizons.keys().filter(|rule| !asked.contains(rule) && missed(rule) >= GONE_AFTER).cloned().collect()
}

/// Counts the rules missing from a whole report.
pub(super) fn remember(head: &mut TargetHead, report: &ReportFacts, seq: u64) {
    if !is_news(report, head, seq) {
        return;
    }
    let asked = asked(report);
    head.whole_seq = seq;
    head.missing.retain(|rule, _| !asked.contains(rule));
    for rule in head.horizons.keys().filter(|rule| !asked.contains(rule)) {
        let (times, last) = head.missing.entry(rule.clone()).or_insert((0, 0));
        *times = times.saturating_add(1);
        *last = seq;
    }
}

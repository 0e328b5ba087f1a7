//! Reconcile against a naive model that keeps every report and looks up the newest that spoke.

use std::collections::BTreeMap;

use checkmate_domain::{Fingerprint, ReportKind, ScanReport, Seen, Statement};
use proptest::prelude::*;

use super::tests::{World, resources};

const RESOURCES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Debug, Clone)]
struct Said {
    gone: bool,
    part: bool,
    complete: bool,
    listed: Vec<&'static str>,
    seen: Seen,
    failed: Vec<&'static str>,
}

fn some() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(RESOURCES.to_vec(), 0..=4)
}

fn said() -> impl Strategy<Value = Said> {
    let seen = prop_oneof![
        3 => Just(Seen::All),
        1 => Just(Seen::Nothing),
        2 => some().prop_map(|ids| Seen::Except(resources(&ids))),
        2 => some().prop_map(|ids| Seen::Only(resources(&ids))),
    ];
    (prop::bool::weighted(0.1), any::<bool>(), any::<bool>(), some(), seen, some()).prop_map(
        |(gone, part, complete, listed, seen, failed)| Said { gone, part, complete, listed, seen, failed },
    )
}

impl Said {
    /// As a scanner keeps the contract: it fails only where its check ran.
    fn report(&self, world: &World) -> ScanReport {
        let mut report = world.report(&self.listed, self.complete, self.seen.clone(), &self.failed);
        if self.gone {
            return ScanReport::target_gone(report.target);
        }
        if self.part {
            report.kind = ReportKind::Part;
        }
        let coverage = report.coverage.clone();
        report.findings.retain(|f| coverage.statement(&f.place.rule, &f.place.resource) == Statement::Ran);
        report
    }
}

/// For one place: what the newest report that knew it said. `true` is failing.
fn newest_word(
    fingerprint: &Fingerprint,
    at: &str,
    world: &World,
    reports: &BTreeMap<u64, ScanReport>,
) -> Option<bool> {
    let place = world.finding("r", at, checkmate_domain::Severity::Moderate).place;
    reports.values().rev().find_map(|report| {
        if report.findings.iter().any(|finding| finding.fingerprint == *fingerprint) {
            return Some(true);
        }
        let spoke = report.kind == ReportKind::TargetGone
            || report.coverage.statement(&place.rule, &place.resource) != Statement::Unknown;
        spoke.then_some(false)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_the_order_of_arrival_the_newest_word_stands(
        story in prop::collection::vec(said(), 1..12),
        order in any::<prop::sample::Index>(),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut world = World::new();
        let reports: BTreeMap<u64, ScanReport> =
            (1u64..).zip(&story).map(|(seq, said)| (seq, said.report(&world))).collect();
        let mut arrival: Vec<u64> = reports.keys().copied().collect();
        for (a, b) in &swaps {
            let (a, b) = (a.index(arrival.len()), b.index(arrival.len()));
            arrival.swap(a, b);
        }
        for again in &repeats {
            let seq = arrival[again.index(arrival.len())];
            arrival.insert(order.index(arrival.len() + 1), seq);
        }
        for seq in &arrival {
            let before = world.known.clone();
            let plan = world.feed(*seq, &reports[seq]);
            for transition in &plan.transitions {
                let was_open = before.get(&transition.fingerprint).map(|record| record.state.is_open());
                let is_open = world.known[&transition.fingerprint].state.is_open();
                prop_assert!(was_open != Some(is_open), "a transition that changes nothing: {transition:?}");
            }
        }
        for at in RESOURCES {
            let fingerprint = world.finding("r", at, checkmate_domain::Severity::Moderate).fingerprint;
            let open = world.known.get(&fingerprint).is_some_and(|record| record.state.is_open());
            let word = newest_word(&fingerprint, at, &world, &reports).unwrap_or(false);
            prop_assert_eq!(open, word, "{} after {:?}", at, arrival);
        }
    }
}

//! Scans that are over, and what goes wrong.

use checkmate_domain::{DeliveryRecord, DeliveryState, ScanId, TransitionKind};
use checkmate_notifier::policy::{News, Outcome};
use checkmate_notifier::sender::Turn;
use checkmate_sandbox::Chaos;

use crate::common::finding;

pub(crate) const SEED: u64 = 20_261_127;

/// A wait that is asked for is a second at least, and a test of its own.
pub(crate) fn chaos() -> Chaos {
    Chaos { lost: 0.2, rate_limited: 0.1, server_error: 0.05, seed: SEED, ..Chaos::default() }
}

/// A scan of a number, over, of a scope of its own, with one finding as it is seen now.
pub(crate) fn outcome(number: usize, seen: &str) -> Outcome {
    of(number, &finding(number, seen, TransitionKind::Opened, 0))
}

pub(crate) fn of(number: usize, news: &News) -> Outcome {
    Outcome {
        scan: ScanId::derived(&["scan", &number.to_string()]),
        scope: format!("org:acme{number}").parse().unwrap(),
        complete: true,
        not_assessed: 0,
        findings: vec![std::sync::Arc::new(news.clone())],
        waiting: 0,
        checks: 1,
        unanswered: 0,
        trend: vec![],
        only: None,
    }
}

/// The row after a turn that was taken.
pub(crate) fn over(turn: Turn) -> DeliveryRecord {
    match turn {
        Turn::Over(record) => *record,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn told(record: &DeliveryRecord) -> (DeliveryState, String) {
    (record.state, record.why.clone().unwrap_or_default())
}

//! The values, one set for the process.
//!
//! A label's value is a `&'static str`: what is not a word of the program cannot become one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::names::Metric;

/// The most labels a metric has.
const LABELS: usize = 2;

/// Upper bounds of the buckets in seconds: from a confirm to the longest job.
pub(super) const BUCKETS: [f64; 18] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0,
    14_400.0,
];

type Values = [&'static str; LABELS];
type Series = BTreeMap<Values, Cell>;

static ON: AtomicBool = AtomicBool::new(false);
static SERIES: [Mutex<Series>; Metric::ALL.len()] =
    [const { Mutex::new(BTreeMap::new()) }; Metric::ALL.len()];

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Count(u64),
    Level(f64),
    Times(Times),
}

/// How many values fell into each bucket, and beyond the last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) buckets: [u64; BUCKETS.len()],
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// Says whether values are kept from now on; not before somebody can read them. Until then recording one costs a relaxed
/// load.
pub fn turn(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// Whether values are kept.
#[must_use]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

pub(super) fn count<const N: usize>(metric: Metric, labels: [&'static str; N], more: u64) {
    change(metric, labels, Cell::Count(0), |cell| {
        if let Cell::Count(count) = cell {
            *count = count.saturating_add(more);
        }
    });
}

pub(super) fn set<const N: usize>(metric: Metric, labels: [&'static str; N], value: f64) {
    change(metric, labels, Cell::Level(0.0), |cell| *cell = Cell::Level(value));
}

pub(super) fn add<const N: usize>(metric: Metric, labels: [&'static str; N], more: f64) {
    change(metric, labels, Cell::Level(0.0), |cell| {
        if let Cell::Level(level) = cell {
            *level += more;
        }
    });
}

/// Forgets the values of a metric: better none than one that is not true any more.
pub(super) fn clear(metric: Metric) {
    lock(metric).clear();
}

pub(super) fn observe<const N: usize>(metric: Metric, labels: [&'static str; N], took: Duration) {
    let seconds = took.as_secs_f64();
    change(metric, labels, Cell::Times(Times::default()), |cell| {
        if let Cell::Times(times) = cell {
            times.count += 1;
            times.sum += seconds;
            let bucket = BUCKETS.iter().position(|bound| seconds <= *bound);
            if let Some(bucket) = bucket.and_then(|bucket| times.buckets.get_mut(bucket)) {
                *bucket += 1;
            }
        }
    });
}

/// The values of a metric by those of its labels.
pub(super) fn read(metric: Metric) -> Vec<(Values, Cell)> {
    lock(metric).iter().map(|(values, cell)| (*values, *cell)).collect()
}

fn change<const N: usize>(
    metric: Metric,
    labels: [&'static str; N],
    first: Cell,
    how: impl FnOnce(&mut Cell),
) {
    const { assert!(N <= LABELS) };
    if !is_on() {
        return;
    }
    let mut values = [""; LABELS];
    values[..N].copy_from_slice(&labels);
    how(lock(metric).entry(values).or_insert(first));
}

fn lock(metric: Metric) -> MutexGuard<'static, Series> {
    SERIES[metric as usize].lock().unwrap_or_else(PoisonError::into_inner)
}

//! Runs in turns, and their medians.

use std::time::Duration;

/// How much is run.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Too short to judge by: to see that everything runs.
    pub short: bool,
}

impl Size {
    /// Runs of which the median counts.
    #[must_use]
    pub fn rounds(self) -> usize {
        if self.short { 1 } else { 5 }
    }

    /// One of two amounts.
    #[must_use]
    pub fn pick<T>(self, full: T, short: T) -> T {
        if self.short { short } else { full }
    }
}

/// The middle one; between two, the mean.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => f64::NAN,
        all if all.len() % 2 == 1 => all[all.len() / 2],
        all => f64::midpoint(all[all.len() / 2 - 1], all[all.len() / 2]),
    }
}

/// The value that so large a share lies at or below.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index into what was just counted"
)]
pub fn percentile(values: &[Duration], share: f64) -> Duration {
    let mut values = values.to_vec();
    values.sort();
    let at = (count(values.len()) * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

/// Ours beside the bare loop.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Seconds of each run of ours.
    pub ours: Vec<f64>,
    /// Seconds of each bare run.
    pub bare: Vec<f64>,
}

impl Pair {
    /// How fast we are, the bare loop being 1: the median over the turns, so that a slow spell of the machine, which falls on
    /// both halves of a turn, does not count.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let turns: Vec<f64> = self.bare.iter().zip(&self.ours).map(|(bare, ours)| bare / ours).collect();
        median(&turns)
    }

    /// Both rates for so many jobs in a run.
    #[must_use]
    pub fn rates(&self, jobs: usize) -> String {
        let rate = |seconds: &[f64]| count(jobs) / median(seconds);
        format!("{:.0} jobs/s, bare {:.0}", rate(&self.ours), rate(&self.bare))
    }
}

/// In milliseconds.
#[must_use]
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A count as a number to divide by.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn count(of: usize) -> f64 {
    of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_spell_does_not_count() {
        let pair = Pair { ours: vec![1.0, 9.0, 1.0], bare: vec![0.9, 8.1, 0.9] };
        assert!((pair.ratio() - 0.9).abs() < 1e-9);
    }

    #[test]
    fn middles_and_shares() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
        let values: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 0.5), Duration::from_millis(100));
        assert_eq!(percentile(&values, 0.99), Duration::from_millis(198));
    }
}

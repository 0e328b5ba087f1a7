//! Waiting longer after each failure, with jitter so that many do not wait in step.

use std::time::Duration;

/// Doubles from `first` to `most`; each wait is drawn from the upper half of the step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Starts at `first`, never beyond `most`.
    #[must_use]
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// Forgets the failures.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// How many failures in a row there were.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and tells how long to wait.
    pub fn fail(&mut self) -> Duration {
        let step = step(self.first, self.most, self.failures);
        self.failures = self.failures.saturating_add(1);
        step.mul_f64(rand::random_range(0.5..=1.0))
    }
}

/// The step after so many failures, without jitter.
#[must_use]
pub fn step(first: Duration, most: Duration, failures: u32) -> Duration {
    first.saturating_mul(2u32.saturating_pow(failures.min(30))).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_bound_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for _ in 0..40 {
            assert!(backoff.fail() <= Duration::from_secs(1));
        }
        assert!(backoff.fail() >= Duration::from_millis(500));
        backoff.reset();
        assert!(backoff.fail() <= Duration::from_millis(100));
    }
}

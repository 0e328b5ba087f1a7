//! Wall time that never goes back while the process lives.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Microseconds since 1970.
pub(super) type Micros = i64;

pub(super) struct Clock {
    start: Micros,
    started: Instant,
    last: AtomicI64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: micros(start), started: Instant::now(), last: AtomicI64::new(0) }
    }

    pub(super) fn now(&self) -> Micros {
        self.start.saturating_add(micros(self.started.elapsed()))
    }

    /// The time now, but later than every tick before: ticks put writes in an order.
    pub(super) fn tick(&self) -> Micros {
        let now = self.now();
        let next = |last: Micros| now.max(last + 1);
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(before.unwrap_or_default())
    }

    /// How long until then; zero when it has passed.
    pub(super) fn until(&self, then: Micros) -> Duration {
        Duration::from_micros(u64::try_from(then.saturating_sub(self.now())).unwrap_or_default())
    }
}

/// A time span, capped at what fits.
pub(super) fn micros(span: Duration) -> Micros {
    Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX / 4).min(Micros::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tick_is_later() {
        let clock = Clock::new();
        let ticks: Vec<_> = (0..10_000).map(|_| clock.tick()).collect();
        assert!(ticks.is_sorted_by(|a, b| a < b));
        assert!(clock.until(clock.now() + 1_000_000) > Duration::from_millis(900));
        assert_eq!(clock.until(0), Duration::ZERO);
    }
}

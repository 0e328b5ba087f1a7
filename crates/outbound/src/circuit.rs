//! Leaves alone what fails again and again: the calls of one budget, or a host where a call has none.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When it is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Failures in a row.
    pub failures: u32,
    /// For how long; then one call tries whether it is well again.
    pub open_for: Duration,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(30) }
    }
}

/// What is called.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    failures: u32,
    /// Nobody calls before.
    open_until: Option<Instant>,
}

/// All that a process calls.
#[derive(Debug)]
pub(crate) struct Circuits {
    rule: Circuit,
    hosts: Mutex<HashMap<String, State>>,
}

impl Circuits {
    pub(crate) fn new(rule: Circuit) -> Self {
        Self { rule, hosts: Mutex::default() }
    }

    /// Whether the host may be called now; else when it may. Whoever is let through when the time is over is the only one
    /// until it is known how that went, or as long as a host is left alone.
    pub(crate) fn admit(&self, host: &str, now: Instant) -> Result<(), Duration> {
        let mut hosts = self.hosts();
        let Some(state) = hosts.get_mut(host) else { return Ok(()) };
        match state.open_until {
            Some(until) if until > now => Err(until - now),
            Some(_) => {
                state.open_until = Some(now + self.rule.open_for);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// How a call went; a host that answers at all is well, unless it says that it is not.
    pub(crate) fn note(&self, host: &str, well: bool, now: Instant) {
        let mut hosts = self.hosts();
        if well {
            hosts.remove(host);
            return;
        }
        let state = hosts.entry(host.to_owned()).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.rule.failures {
            state.open_until = Some(now + self.rule.open_for);
        }
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try() {
        let rule = Circuit { failures: 3, open_for: Duration::from_secs(10) };
        let (circuits, began) = (Circuits::new(rule), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        circuits.note("h", false, at(0));
        circuits.note("h", false, at(0));
        circuits.note("h", true, at(0));
        circuits.note("h", false, at(0));
        circuits.note("h", false, at(0));
        assert_eq!(circuits.admit("h", at(0)), Ok(()), "not three in a row");
        circuits.note("h", false, at(0));
        assert_eq!(circuits.admit("h", at(4)), Err(Duration::from_secs(6)));
        assert_eq!(circuits.admit("other", at(4)), Ok(()));
        assert_eq!(circuits.admit("h", at(10)), Ok(()), "one tries");
        assert!(circuits.admit("h", at(10)).is_err(), "and no other meanwhile");
        circuits.note("h", false, at(11));
        assert!(circuits.admit("h", at(20)).is_err());
        assert_eq!(circuits.admit("h", at(21)), Ok(()));
        circuits.note("h", true, at(21));
        assert_eq!(circuits.admit("h", at(21)), Ok(()));
        assert_eq!(circuits.admit("h", at(21)), Ok(()), "well again");
    }
}

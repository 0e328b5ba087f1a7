//! How much of a vendor's limit is left, for all who ask the same vendor.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Timestamp;

use crate::base_url::BaseUrl;
use crate::rate::RateSeen;

/// What shares a limit: a tenant, an installation. Never a name of a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BudgetKey(String);

impl BudgetKey {
    /// A key such as `auth0:acme.eu.auth0.com`.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key of a vendor's API at an address: who asks the same host has the same.
    #[must_use]
    pub fn of(vendor: &str, base: &BaseUrl) -> Self {
        Self(format!("{vendor}:{}", base.host()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BudgetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Now.
    Go,
    /// Not before.
    Wait(Duration),
}

/// A budget that all who ask the same vendor share. Production implementation: the store-backed one in
/// `crates/checkmate/src/wiring/`, over all processes; [`InProcess`] within one.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Asks for one call. Whoever keeps the budget and cannot be reached lets it be made: the vendor's own limit holds.
    async fn take(&self, key: &BudgetKey) -> Grant;

    /// Asks for one call that leaves so much time behind it before the next one. Of two who ask at the same moment both may
    /// be let through, unless whoever keeps the budget knows better.
    async fn take_paced(&self, key: &BudgetKey, pace: Duration) -> Grant {
        let grant = self.take(key).await;
        if grant == Grant::Go {
            self.saw(key, RateSeen { retry_after: Some(pace), ..RateSeen::default() }).await;
        }
        grant
    }

    /// Tells what an answer said.
    async fn saw(&self, key: &BudgetKey, seen: RateSeen);
}

/// No limit but the vendor's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBudget;

#[async_trait]
impl Budgets for NoBudget {
    async fn take(&self, _key: &BudgetKey) -> Grant {
        Grant::Go
    }

    async fn saw(&self, _key: &BudgetKey, _seen: RateSeen) {}
}

/// Learns from the answers of one process.
#[derive(Debug, Default)]
pub struct InProcess(Mutex<HashMap<BudgetKey, Instant>>);

impl InProcess {
    fn pauses(&self) -> MutexGuard<'_, HashMap<BudgetKey, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Budgets for InProcess {
    async fn take(&self, key: &BudgetKey) -> Grant {
        let now = Instant::now();
        match self.pauses().get(key) {
            Some(until) if *until > now => Grant::Wait(*until - now),
            _ => Grant::Go,
        }
    }

    /// One of those who ask at the same moment is let through.
    async fn take_paced(&self, key: &BudgetKey, pace: Duration) -> Grant {
        let now = Instant::now();
        let mut pauses = self.pauses();
        match pauses.get(key) {
            Some(until) if *until > now => Grant::Wait(*until - now),
            _ => {
                pauses.insert(key.clone(), now + pace);
                Grant::Go
            }
        }
    }

    async fn saw(&self, key: &BudgetKey, seen: RateSeen) {
        let Some(pause) = seen.pause(Timestamp::now()) else { return };
        let until = Instant::now() + pause;
        let mut pauses = self.pauses();
        let kept = pauses.entry(key.clone()).or_insert(until);
        *kept = until.max(*kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_those_who_ask_at_once_one_goes() {
        let (budgets, key) = (InProcess::default(), BudgetKey::new("channel"));
        let pace = Duration::from_secs(60);
        let mut going = 0;
        for _ in 0..5 {
            match budgets.take_paced(&key, pace).await {
                Grant::Go => going += 1,
                Grant::Wait(wait) => assert!(wait <= pace),
            }
        }
        assert_eq!(going, 1);
        assert_eq!(budgets.take_paced(&BudgetKey::new("another"), pace).await, Grant::Go);
    }
}

//! How fast a tenant is asked: token buckets with the vendor's published numbers, so that its limits are not run into.
//!
//! Numbers: Auth0's rate limit configurations, as of 2026-08.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whose limits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// Two a second.
    Free,
    /// Essentials and Professional: a limit for each kind of endpoint.
    #[default]
    Essentials,
    /// Sixteen a second.
    Enterprise,
    /// None but what the vendor answers.
    Unlimited,
}

impl Plan {
    /// The words in the configuration.
    pub const WORDS: [&'static str; 4] = ["free", "essentials", "enterprise", "unlimited"];

    /// By its word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "free" => Self::Free,
            "essentials" => Self::Essentials,
            "enterprise" => Self::Enterprise,
            "unlimited" => Self::Unlimited,
            _ => return None,
        })
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Essentials => "essentials",
            Self::Enterprise => "enterprise",
            Self::Unlimited => "unlimited",
        }
    }

    /// What shares a limit with this kind of call, the burst, and how many a minute.
    const fn limit(self, class: Class) -> Option<(Class, f64, f64)> {
        Some(match (self, class) {
            (Self::Unlimited, _) => return None,
            (Self::Enterprise, _) => (Class::Other, 50.0, 960.0),
            (Self::Free | Self::Essentials, Class::EmailTemplates) => (class, 10.0, 50.0),
            (Self::Free | Self::Essentials, Class::EmailProvider) => (class, 5.0, 25.0),
            (Self::Free, _) => (Class::Other, 2.0, 120.0),
            (Self::Essentials, Class::Clients) => (class, 5.0, 100.0),
            (Self::Essentials, Class::Connections | Class::Organizations) => (class, 5.0, 50.0),
            (Self::Essentials, Class::Logs) => (class, 10.0, 100.0),
            (Self::Essentials, Class::Other) => (class, 10.0, 150.0),
        })
    }
}

/// What shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Clients,
    Connections,
    Organizations,
    Logs,
    EmailTemplates,
    EmailProvider,
    Other,
}

/// The buckets of one job.
pub(super) struct Pacer {
    plan: Plan,
    buckets: Mutex<Vec<(Class, Bucket)>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Pacer {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, buckets: Mutex::new(Vec::new()) }
    }

    /// Waits until one more call is within the limit. Calls are let through in the order in which they ask.
    pub(super) async fn take(&self, class: Class) {
        let wait = self.reserve(class, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn reserve(&self, class: Class, now: Instant) -> Duration {
        let Some((class, burst, a_minute)) = self.plan.limit(class) else { return Duration::ZERO };
        let a_second = a_minute / 60.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let at = buckets.iter().position(|(known, _)| *known == class).unwrap_or_else(|| {
            buckets.push((class, Bucket { left: burst, at: now }));
            buckets.len() - 1
        });
        let bucket = &mut buckets[at].1;
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + since * a_second).min(burst) - 1.0;
        bucket.at = now;
        if bucket.left >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-bucket.left / a_second) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_the_rest_waits_its_turn() {
        let (pacer, now) = (Pacer::new(Plan::Essentials), Instant::now());
        let waits: Vec<u128> = (0..13).map(|_| pacer.reserve(Class::Other, now).as_millis()).collect();
        assert_eq!(waits[..10], [0; 10]);
        assert_eq!(waits[10..], [400, 800, 1200]);
        assert_eq!(pacer.reserve(Class::Clients, now), Duration::ZERO);
        let later = now + Duration::from_secs(10);
        assert_eq!(pacer.reserve(Class::Other, later), Duration::ZERO);
        // Two a second over all kinds of call but e-mail, which has limits of its own.
        let free = Pacer::new(Plan::Free);
        let kinds =
            [Class::Clients, Class::Connections, Class::Other, Class::EmailTemplates, Class::EmailProvider];
        let waits: Vec<u128> = kinds.map(|kind| free.reserve(kind, now).as_millis()).to_vec();
        assert_eq!(waits, [0, 0, 500, 0, 0]);
        assert_eq!(Pacer::new(Plan::Unlimited).reserve(Class::Other, now), Duration::ZERO);
    }
}

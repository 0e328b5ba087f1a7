//! Whether an account can be leased from, by what the tenant shows of it: pure.

use std::time::Duration;

use checkmate_domain::{ConnectionName, Scopes, Timestamp};
use serde::Serialize;

use crate::accounts::{AccountView, TokensetView, scopes_of};

/// Auth0 deletes what was not used for a year; from here on it is time.
const IDLE: Duration = Duration::from_hours(300 * 24);
/// From here on an end is near.
const NEAR: Duration = Duration::from_hours(14 * 24);
const DAY: u64 = 24 * 3_600;

/// What is to be done about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Readiness {
    /// Nothing.
    Ready,
    /// It must be connected.
    NeedsConnect,
    /// It may do too little.
    ScopesMissing {
        /// What is missing.
        missing: Scopes,
    },
    /// It has not been used for so long that the tenant will forget it.
    Idle {
        /// Days since.
        days: u64,
    },
    /// Its refresh token ends soon, or has ended.
    Expires {
        /// When.
        at: Timestamp,
    },
}

impl Readiness {
    /// The word on screen.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NeedsConnect => "needs-connect",
            Self::ScopesMissing { .. } => "scopes-missing",
            Self::Idle { .. } => "idle",
            Self::Expires { .. } => "expires",
        }
    }
}

/// The worst that is to be done about an account.
#[must_use]
pub fn readiness(
    connection: &ConnectionName,
    needed: &Scopes,
    accounts: &[AccountView],
    tokensets: &[TokensetView],
    now: Timestamp,
) -> Readiness {
    let Some(account) = accounts.iter().find(|account| account.connection == *connection) else {
        return Readiness::NeedsConnect;
    };
    let granted = scopes_of(account);
    let missing = granted.missing(needed);
    if !granted.is_empty() && !missing.is_empty() {
        return Readiness::ScopesMissing { missing };
    }
    let tokens = tokensets.iter().find(|tokens| tokens.connection == *connection);
    if let Some(at) = account.expires_at
        && at.since(now) < NEAR
    {
        return Readiness::Expires { at };
    }
    let used = tokens.and_then(|tokens| tokens.last_used_at).or(account.created_at);
    match used.map(|used| now.since(used)) {
        Some(idle) if idle > IDLE => Readiness::Idle { days: idle.as_secs() / DAY },
        _ => Readiness::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told() {
        let now = Timestamp::from_millis(1_795_694_400_000);
        let days = |days: u64| Duration::from_secs(days * DAY);
        let connection: ConnectionName = "github".parse().unwrap();
        let account = AccountView {
            connection: connection.clone(),
            scopes: vec!["a".into(), "b".into()],
            created_at: Some(now.minus(days(400))),
            expires_at: None,
        };
        let tokens = TokensetView { connection: connection.clone(), last_used_at: Some(now.minus(days(2))) };
        let look = |account: &AccountView, tokens: &[TokensetView], needed: &str| {
            let accounts = std::slice::from_ref(account);
            readiness(&connection, &needed.parse().unwrap(), accounts, tokens, now)
        };
        let used = std::slice::from_ref(&tokens);
        assert_eq!(look(&account, used, "a b"), Readiness::Ready);
        assert_eq!(readiness(&connection, &Scopes::default(), &[], used, now), Readiness::NeedsConnect);
        let missing = "c".parse().unwrap();
        assert_eq!(look(&account, used, "a c"), Readiness::ScopesMissing { missing });
        assert_eq!(
            look(&account, &[], "a"),
            Readiness::Idle { days: 400 },
            "never used since it was connected"
        );
        let old = TokensetView { last_used_at: Some(now.minus(days(301))), ..tokens.clone() };
        assert_eq!(look(&account, &[old], "a"), Readiness::Idle { days: 301 });
        let at = now.plus(days(3));
        let ending = AccountView { expires_at: Some(at), ..account.clone() };
        assert_eq!(look(&ending, used, "a"), Readiness::Expires { at });
        let ended = AccountView { expires_at: Some(now.minus(days(1))), ..account.clone() };
        assert!(matches!(look(&ended, used, "a"), Readiness::Expires { .. }));
        let silent = AccountView { scopes: Vec::new(), ..account };
        assert_eq!(look(&silent, used, "a"), Readiness::Ready, "a GitHub App names no scopes");
    }
}

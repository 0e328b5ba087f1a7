//! What has happened so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use rand::distr::Alphanumeric;

use crate::fault::Faults;
use crate::log::{LogEvent, Said};
use crate::login::SignIn;
use crate::tenant::{Account, Tenant};

/// A token of a provider.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) connection: String,
    pub(crate) user: String,
    pub(crate) until: i64,
}

/// A connection that was begun.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) user: String,
    pub(crate) connection: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) challenge: String,
    pub(crate) ticket: String,
    /// Once the user has allowed it.
    pub(crate) code: Option<String>,
}

/// All of it, behind one lock that is never held across an await.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tenant: Tenant,
    pub(crate) faults: Faults,
    pub(crate) log: Vec<LogEvent>,
    pub(crate) said: Vec<Said>,
    /// By the token.
    pub(crate) provider_tokens: BTreeMap<String, Issued>,
    /// Every token there ever was, in order.
    pub(crate) ever: Vec<String>,
    /// Tokens for the Management API with their scopes.
    pub(crate) management_tokens: BTreeMap<String, String>,
    /// Tokens for My Account: user, client, scopes.
    pub(crate) user_tokens: BTreeMap<String, (String, String, String)>,
    /// Sign-ins that wait for their user.
    pub(crate) sign_ins: BTreeMap<String, SignIn>,
    /// Codes of sign-ins that are done: user, and what was asked.
    pub(crate) codes: BTreeMap<String, (String, SignIn)>,
    /// Connections that were begun, by their session.
    pub(crate) pending: BTreeMap<String, Pending>,
    /// Where this stand-in answers.
    pub(crate) base: String,
    /// Ids of assertions that were taken.
    pub(crate) used: BTreeSet<String>,
    /// Ids that came a second time.
    pub(crate) reused: usize,
    /// Accounts whose provider has revoked them.
    pub(crate) revoked: BTreeSet<(String, String)>,
    /// Exchanges going on for one account of a connection that rotates.
    pub(crate) exchanging: BTreeMap<(String, String), usize>,
    /// The most there were at once.
    pub(crate) most_at_once: usize,
    /// How far this clock is ahead, in seconds.
    pub(crate) skew: i64,
    /// How long every answer takes.
    pub(crate) latency: Duration,
}

impl State {
    /// The stand-in's clock, in seconds.
    pub(crate) fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        i64::try_from(now).unwrap_or(i64::MAX).saturating_add(self.skew)
    }

    /// Gives a token of a provider.
    pub(crate) fn issue(&mut self, user: &str, connection: &str, lifetime: Duration) -> String {
        let token = random("prv_", 40);
        let until = self.now().saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        let issued = Issued { connection: connection.to_owned(), user: user.to_owned(), until };
        self.provider_tokens.insert(token.clone(), issued);
        self.ever.push(token.clone());
        token
    }

    /// The scopes of a provider's token that is good here and now.
    pub(crate) fn leased(&self, token: &str) -> Option<Vec<String>> {
        let issued = self.provider_tokens.get(token).filter(|issued| issued.until > self.now())?;
        let whose = (issued.user.clone(), issued.connection.clone());
        let is_it = |one: &&Account| one.user == whose.0 && one.connection == whose.1;
        let account = self.tenant.accounts.iter().find(is_it).filter(|_| !self.revoked.contains(&whose))?;
        Some(account.scopes.split([' ', ',']).map(str::to_owned).collect())
    }

    /// Takes an assertion's id; false when it was there before.
    pub(crate) fn take_id(&mut self, kind: &str, id: &str) -> bool {
        let fresh = self.used.insert(format!("{kind}:{id}"));
        self.reused += usize::from(!fresh);
        fresh
    }
}

/// What the handlers share.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<State>);

impl Shared {
    pub(crate) fn new(tenant: Tenant, base: String) -> Self {
        Self(Mutex::new(State { tenant, base, ..State::default() }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text nobody else has.
pub(crate) fn random(prefix: &str, length: usize) -> String {
    let dice = rand::rng();
    let rest: String = dice.sample_iter(Alphanumeric).take(length).map(char::from).collect();
    format!("{prefix}{rest}")
}

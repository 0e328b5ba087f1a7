//! The keys of one account that credentials are leased from.

use checkmate_domain::{ConnectionName, Scopes, UserId};
use checkmate_scanners::Provider;

use super::key::{Key, key};
use super::kind::Kind;

/// An account that credentials are leased from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Who keeps it.
    pub provider: Provider,
    /// The Auth0 connection.
    pub connection: ConnectionName,
    /// Whose account.
    pub user: UserId,
    /// What jobs need of it.
    pub scopes: Scopes,
    /// The account's id at the provider, where the user has several.
    pub login_hint: Option<String>,
}

/// A connection as it is read, key by key.
#[derive(Default)]
pub(super) struct Draft {
    provider: Option<String>,
    connection: Option<String>,
    user: Option<String>,
    scopes: Option<String>,
    login_hint: Option<String>,
}

/// What stands in `[connections.NAME]`.
pub(super) static KEYS: [Key<Draft>; 5] = [
    key!(Draft; "provider", "Who keeps the account.", Kind::Word(&["github", "atlassian", "microsoft-teams"]), "github", provider),
    key!(Draft; "connection", "The name of the connection in Auth0; that of the provider when not set.", Kind::Text, "github", connection),
    key!(Draft; "user", "The Auth0 user whose account it is.", Kind::Text, "auth0|6650c0ffee", user),
    key!(Draft; "scopes", "What jobs need of the account, with spaces between; a GitHub App has permissions instead.", Kind::Text, "read:jira-work write:jira-work read:me offline_access", scopes),
    key!(Draft; "login_hint", "The account's id at the provider, where the user has several. Not with vault.mode privileged-worker.", Kind::Text, "583231", login_hint),
];

/// Keys without which there is no connection.
pub(super) const NEEDED: [&str; 2] = ["provider", "user"];

impl Draft {
    /// The connection; otherwise which key is wrong, and how.
    pub(super) fn finish(self) -> Result<ConnectionConfig, (&'static str, String)> {
        let Self { provider, connection, user, scopes, login_hint } = self;
        let word = provider.unwrap_or_default();
        let provider = Provider::ALL.into_iter().find(|one| one.as_str() == word);
        let provider = provider.ok_or_else(|| ("provider", "is not known".to_owned()))?;
        let wrong = |key: &'static str| move |error: checkmate_domain::id::IdError| (key, error.to_string());
        let scopes = scopes.unwrap_or_default().parse().map_err(|error| ("scopes", format!("is {error}")))?;
        Ok(ConnectionConfig {
            provider,
            connection: ConnectionName::new(connection.unwrap_or(word)).map_err(wrong("connection"))?,
            user: UserId::new(user.unwrap_or_default()).map_err(wrong("user"))?,
            scopes,
            login_hint,
        })
    }
}

impl From<&ConnectionConfig> for Draft {
    fn from(config: &ConnectionConfig) -> Self {
        let ConnectionConfig { provider, connection, user, scopes, login_hint } = config;
        Self {
            provider: Some(provider.as_str().to_owned()),
            connection: Some(connection.to_string()),
            user: Some(user.to_string()),
            scopes: (!scopes.is_empty()).then(|| scopes.to_string()),
            login_hint: login_hint.clone(),
        }
    }
}

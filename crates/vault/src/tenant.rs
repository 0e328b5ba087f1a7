//! Whom is asked, and for what.

use checkmate_domain::{Account, ConnectionName, JobId, ScanId, Scopes, Secret, UserId};
use checkmate_outbound::BaseUrl;

use crate::keys::SigningKey;

/// How we show that we are the client.
#[derive(Debug)]
pub enum ClientAuth {
    /// By a signed assertion.
    PrivateKeyJwt(SigningKey),
    /// By a shared secret.
    ClientSecret(Secret),
}

/// An Auth0 tenant, as one of its clients sees it.
#[derive(Debug)]
pub struct Tenant {
    /// Its canonical host, which assertions and audiences name: `acme.eu.auth0.com`.
    pub domain: String,
    /// Where requests go.
    pub base: BaseUrl,
    /// The client.
    pub client_id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
}

impl Tenant {
    /// What assertions are made for: one text with its slash.
    pub(crate) fn audience(&self) -> String {
        format!("https://{}/", self.domain)
    }
}

/// How Token Vault is asked.
#[derive(Debug)]
pub enum Mode {
    /// By an assertion about the user, who need not be there; signed with a key of its own.
    PrivilegedWorker(SigningKey),
    /// By a refresh token of the user.
    RefreshToken(Secret),
    /// By an access token of the user for an API of ours.
    AccessToken(Secret),
}

impl Mode {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::PrivilegedWorker(_) => "privileged-worker",
            Self::RefreshToken(_) => "refresh-token",
            Self::AccessToken(_) => "access-token",
        }
    }
}

/// An account that credentials are leased from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its name in the configuration.
    pub name: String,
    /// The Auth0 connection.
    pub connection: ConnectionName,
    /// Whose account.
    pub user: UserId,
    /// The account's id at the provider, where the user has several. Not for privileged workers.
    pub login_hint: Option<String>,
    /// Whether the provider's refresh tokens rotate: then only one at a time may ask.
    pub rotates: bool,
    /// Whether the provider gives less than the account has, when asked; where it cannot, asking fails.
    pub downscopes: bool,
}

impl Connection {
    /// Whose account it is, for the audit trail.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::Connection { connection: self.connection.clone(), user: self.user.clone() }
    }
}

/// What a job needs of a connection.
#[derive(Clone, Debug)]
pub struct LeaseRequest<'a> {
    /// For which job; none for a person at the terminal.
    pub job: Option<JobId>,
    /// For which scan.
    pub scan: Option<ScanId>,
    /// Of whom.
    pub connection: &'a Connection,
    /// What it must be allowed to do.
    pub scopes: Scopes,
    /// What for, in a few words; stands in Auth0's log too, so nothing of a person.
    pub purpose: String,
}

/// What a job needs of the Management API.
#[derive(Clone, Debug)]
pub struct ManagementRequest {
    /// For which job; none for a person at the terminal.
    pub job: Option<JobId>,
    /// For which scan.
    pub scan: Option<ScanId>,
    /// What it must be allowed to do. What is missing is no error: what was granted stands in the lease.
    pub scopes: Scopes,
    /// What for, in a few words.
    pub purpose: String,
}

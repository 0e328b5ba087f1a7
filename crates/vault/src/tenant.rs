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

impl ClientAuth {
    /// What of it stands in the configuration.
    pub(crate) const fn file(&self) -> &'static str {
        match self {
            Self::PrivateKeyJwt(_) => "key_file",
            Self::ClientSecret(_) => "secret_file",
        }
    }
}

/// Where a client stands in the configuration: advice names the keys that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In `[auth0]`: the client that leases from Token Vault.
    Vault,
    /// In `[auth0]`: the client that looks at who is connected.
    Management,
    /// In `[tenants.NAME]`: the client that scans that tenant.
    Tenant(String),
    /// Nowhere: the options of a command name it.
    CommandLine,
}

impl Place {
    /// The key of something that belongs to the client: its `id`, its `key_file`, its `secret_file`.
    pub(crate) fn of_client(&self, what: &str) -> String {
        match self {
            Self::Vault => format!("auth0.client_{what}"),
            Self::Management if what == "id" => "auth0.management_client_id".to_owned(),
            Self::Management => format!("auth0.management_{what}"),
            Self::Tenant(name) => format!("tenants.{name}.client_{what}"),
            Self::CommandLine => match what {
                "id" => "--client-id",
                "key_file" => "--private-key-file",
                _ => "--client-secret-file",
            }
            .to_owned(),
        }
    }

    /// The key of something that belongs to the tenant: its `domain`, its `base_url`.
    pub(crate) fn of_tenant(&self, what: &str) -> String {
        match self {
            Self::Vault | Self::Management => format!("auth0.{what}"),
            Self::Tenant(name) => format!("tenants.{name}.{what}"),
            Self::CommandLine => format!("--{}", what.replace('_', "-")),
        }
    }
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
    /// Where it stands in the configuration.
    pub place: Place,
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

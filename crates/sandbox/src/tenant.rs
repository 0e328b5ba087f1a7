//! What there is in a tenant, as data.

pub(crate) mod imported;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::keys::RsaPair;

/// The grant type of Token Vault.
pub(crate) const VAULT_GRANT: &str =
    "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

/// A tenant.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    pub(crate) domain: String,
    pub(crate) clients: Vec<Client>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) users: Vec<User>,
    pub(crate) accounts: Vec<Account>,
    /// What the Management API shows, by what follows `/api/v2/`: an object, or a list of objects.
    pub api: BTreeMap<String, Value>,
    /// What it demands of a sign-in.
    pub demands: Demand,
    /// Paths that the plan does not have.
    pub not_on_plan: Vec<String>,
    /// Ids of what was written through the Management API.
    pub(crate) imported: BTreeSet<String>,
    /// Public keys that were registered there, by id, each with its algorithm.
    pub(crate) public_keys: BTreeMap<String, (String, &'static str)>,
}

/// What a tenant demands of a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// A password.
    #[default]
    Nothing,
    /// A second factor of everybody, always.
    SecondFactor,
    /// A second factor, or a sign-in of the last minutes, for what touches accounts.
    StepUp,
}

/// An application.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Its client id.
    pub id: String,
    /// How it shows who it is.
    pub auth: ClientAuth,
    /// What it may ask for.
    pub grant_types: Vec<String>,
    /// Whether it is the tenant's own.
    pub first_party: bool,
    /// Whether it is held to the standard.
    pub oidc_conformant: bool,
    /// Its privileged access to Token Vault.
    pub privileged: Option<Privileged>,
    /// What it may do at the Management API, when it may.
    pub management_scopes: Option<String>,
    /// What it may do at the My Account API for a user who has signed in, when it may.
    pub my_account_scopes: Option<String>,
    /// Whether its refresh tokens rotate.
    pub rotates_refresh_tokens: bool,
    /// Where it may come back to.
    pub callbacks: Vec<String>,
    /// The API it stands for, for the exchange of access tokens.
    pub resource_server: Option<String>,
}

/// How a client shows who it is.
#[derive(Clone, Debug, Default)]
pub enum ClientAuth {
    /// Not at all.
    #[default]
    None,
    /// By a shared secret.
    Secret(String),
    /// By an assertion signed with the key to this public one.
    PrivateKeyJwt {
        /// SubjectPublicKeyInfo, PEM.
        public_pem: String,
        /// `RS256` or `PS256`.
        alg: &'static str,
    },
}

/// Privileged access to Token Vault.
#[derive(Clone, Debug, Default)]
pub struct Privileged {
    /// SubjectPublicKeyInfo, PEM.
    pub public_pem: String,
    /// `RS256` or `PS256`.
    pub alg: &'static str,
    /// Addresses it may be asked from. Empty: none.
    pub ip_allowlist: Vec<String>,
    /// Connections, each with its scopes. Empty: none.
    pub grants: Vec<(String, Vec<String>)>,
}

/// A connection to a provider.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name.
    pub name: String,
    /// Its kind: `github`, `oauth2`, `waad`.
    pub strategy: String,
    /// Whether accounts can be connected by it.
    pub connected_accounts: bool,
    /// Whether its refresh tokens rotate: then two exchanges at once lose the account.
    pub rotates: bool,
    /// Whether scopes are told with commas.
    pub commas: bool,
    /// Whether the expiry is told.
    pub says_expiry: bool,
    /// Whether it gives less when asked.
    pub downscopes: bool,
    /// How long its tokens last.
    pub lifetime: Duration,
    /// The clients it is switched on for.
    pub enabled_clients: Vec<String>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: String,
    /// What it signs in with.
    pub password: String,
    /// Its refresh tokens.
    pub refresh_tokens: Vec<String>,
    /// Its access tokens, each with its audience.
    pub access_tokens: Vec<(String, String)>,
}

/// A connected account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user: String,
    /// By which connection.
    pub connection: String,
    /// Its id at the provider: what a login hint may name.
    pub provider_id: String,
    /// With which scopes, in one text.
    pub scopes: String,
    /// Days since it was used last.
    pub idle_days: i64,
}

/// The keys and names that go with [`Tenant::example`].
#[derive(Clone, Debug)]
pub struct Example {
    /// The key of client `worker`.
    pub worker: RsaPair,
    /// The key of its privileged access.
    pub subject: RsaPair,
    /// The key of client `management`.
    pub management: RsaPair,
    /// The user whose accounts are connected.
    pub user: &'static str,
}

/// A believable tenant: a bookshop that has grown, with what grows along.
pub const WORLD: &str = include_str!("world.json");

/// A tenant of which everything is as it should be.
pub const HARDENED: &str = include_str!("hardened.json");

/// What a client that scans is granted: it only reads.
pub const SCANNER_SCOPES: [&str; 32] = [
    "read:tenant_settings",
    "read:clients",
    "read:client_credentials",
    "read:connections",
    "read:resource_servers",
    "read:client_grants",
    "read:token_exchange_profiles",
    "read:attack_protection",
    "read:guardian_factors",
    "read:mfa_policies",
    "read:actions",
    "read:rules",
    "read:rules_configs",
    "read:hooks",
    "read:email_provider",
    "read:email_templates",
    "read:phone_providers",
    "read:custom_domains",
    "read:network_acls",
    "read:log_streams",
    "read:logs",
    "read:event_streams",
    "read:signing_keys",
    "read:organizations",
    "read:organization_connections",
    "read:roles",
    "read:self_service_profiles",
    "read:branding",
    "read:prompts",
    "read:organization_members",
    "read:flows_vault_connections",
    "read:encryption_keys",
];

/// What a client is granted with which accounts are connected.
pub const TERMINAL_SCOPES: [&str; 3] =
    ["create:me:connected_accounts", "read:me:connected_accounts", "delete:me:connected_accounts"];

/// What a client that sets a tenant up is granted.
pub const DEPLOYER_SCOPES: [&str; 15] = [
    "read:clients",
    "create:clients",
    "update:clients",
    "read:client_credentials",
    "create:client_credentials",
    "update:client_token_vault_privileged_access",
    "read:connections",
    "create:connections",
    "update:connections",
    "read:directory_provisionings",
    "read:client_grants",
    "create:client_grants",
    "update:client_grants",
    "read:resource_servers",
    "update:resource_servers",
];

impl Tenant {
    /// An empty one.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), ..Self::default() }
    }

    /// A new one, with the two APIs that every tenant has and a client `deployer` that may set it up: its secret is given.
    #[must_use]
    pub fn fresh(domain: &str, secret: &str) -> Self {
        let mut tenant = Self::new(domain);
        let api = |name: &str, path: &str| {
            serde_json::json!({"id": format!("api_{path}"), "name": name, "is_system": true,
                "identifier": format!("https://{domain}/{path}/")})
        };
        let apis = [api("Auth0 Management API", "api/v2"), api("Auth0 My Account API", "me")];
        tenant.api.insert("resource-servers".to_owned(), Value::from(apis.to_vec()));
        tenant.client(Client {
            id: "deployer".to_owned(),
            auth: ClientAuth::Secret(secret.to_owned()),
            grant_types: vec!["client_credentials".to_owned()],
            first_party: true,
            oidc_conformant: true,
            management_scopes: Some(DEPLOYER_SCOPES.join(" ")),
            ..Client::default()
        })
    }

    /// With what the Management API shows: a JSON object of paths after `/api/v2/`; nothing when it is not one.
    #[must_use]
    pub fn showing(mut self, world: &str) -> Self {
        if let Ok(Value::Object(api)) = serde_json::from_str(world) {
            self.api = api.into_iter().collect();
        }
        self
    }

    /// [`Self::example`] as another tenant of the same organisation.
    #[must_use]
    pub fn example_of(domain: &str, world: &str) -> (Self, Example) {
        let (tenant, example) = Self::example();
        let mut tenant = tenant.showing(world);
        tenant.rename(domain);
        (tenant, example)
    }

    /// Gives it another host.
    pub fn rename(&mut self, domain: &str) {
        domain.clone_into(&mut self.domain);
    }

    /// Takes over users and connected accounts of another tenant.
    pub fn take_people_of(&mut self, other: &Self) {
        self.users.clone_from(&other.users);
        self.accounts.clone_from(&other.accounts);
    }

    /// With a client.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// With a connection.
    #[must_use]
    pub fn connection(mut self, connection: Connection) -> Self {
        self.connections.push(connection);
        self
    }

    /// With a user, in place of one of the same id.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.retain(|known| known.id != user.id);
        self.users.push(user);
        self
    }

    /// With a connected account.
    #[must_use]
    pub fn account(mut self, user: &str, connection: &str, scopes: &str) -> Self {
        let (user, connection, scopes) = (user.to_owned(), connection.to_owned(), scopes.to_owned());
        let id = format!("cac_{:016}", self.accounts.len());
        let provider_id = Account::id_at(&connection);
        self.accounts.push(Account { id, user, connection, provider_id, scopes, idle_days: 1 });
        self
    }

    /// Its client of that id.
    pub fn client_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.id == id)
    }

    /// Its connection of that name.
    pub fn connection_mut(&mut self, name: &str) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.name == name)
    }

    /// Its connected accounts.
    pub fn accounts_mut(&mut self) -> &mut Vec<Account> {
        &mut self.accounts
    }

    /// The same without its users.
    #[must_use]
    pub fn without_users(&self) -> Self {
        Self { users: Vec::new(), ..self.clone() }
    }

    /// A whole one: three connections, a user with an account at each, a client that works and one that looks.
    #[must_use]
    pub fn example() -> (Self, Example) {
        let (worker, subject, management) = (RsaPair::generate(), RsaPair::generate(), RsaPair::generate());
        let user = "auth0|checkmate";
        let scopes = [
            ("github", "repo,read:org"),
            (
                "atlassian",
                "read:jira-work write:jira-work read:space:confluence read:page:confluence write:page:confluence \
                 write:confluence-file read:me offline_access",
            ),
            ("microsoft-teams", "User.Read ChannelMessage.Send offline_access"),
        ];
        let grants = scopes.iter().map(|(name, scopes)| {
            ((*name).to_owned(), scopes.split([' ', ',']).map(str::to_owned).collect())
        });
        let privileged = Privileged {
            public_pem: subject.public_pem.clone(),
            alg: "RS256",
            ip_allowlist: vec!["127.0.0.1".to_owned()],
            grants: grants.collect(),
        };
        let key =
            |pair: &RsaPair| ClientAuth::PrivateKeyJwt { public_pem: pair.public_pem.clone(), alg: "RS256" };
        let own = Client { first_party: true, oidc_conformant: true, ..Client::default() };
        let terminal = own.clone();
        let mut tenant = Self::new("acme.eu.auth0.com")
            .showing(WORLD)
            .client(Client {
                id: "worker".to_owned(),
                auth: key(&worker),
                grant_types: vec![VAULT_GRANT.to_owned()],
                privileged: Some(privileged),
                ..own.clone()
            })
            .client(Client {
                id: "management".to_owned(),
                auth: key(&management),
                grant_types: vec!["client_credentials".to_owned()],
                management_scopes: Some("read:users read:clients read:connections".to_owned()),
                ..own.clone()
            })
            .client(Client {
                id: "scanner".to_owned(),
                auth: key(&management),
                grant_types: vec!["client_credentials".to_owned()],
                management_scopes: Some(SCANNER_SCOPES.join(" ")),
                ..own
            })
            .client(Client {
                id: "terminal".to_owned(),
                grant_types: vec!["authorization_code".to_owned()],
                callbacks: vec!["http://127.0.0.1:8976/callback".to_owned()],
                my_account_scopes: Some(TERMINAL_SCOPES.join(" ")),
                ..terminal
            })
            .user(User {
                id: user.to_owned(),
                password: "correct horse".to_owned(),
                refresh_tokens: Vec::new(),
                access_tokens: Vec::new(),
            });
        for (name, scopes) in scopes {
            tenant = tenant.connection(Connection::example(name)).account(user, name, scopes);
        }
        (tenant, Example { worker, subject, management, user })
    }
}

impl Account {
    /// The id of the only account that a user has at the provider of a connection.
    #[must_use]
    pub fn id_at(connection: &str) -> String {
        format!("{connection}-583231")
    }
}

impl Connection {
    /// One of the three of the example, switched on for its worker and its terminal.
    #[must_use]
    pub fn example(name: &str) -> Self {
        let strategy = match name {
            "github" => "github",
            "microsoft-teams" => "waad",
            _ => "oauth2",
        };
        Self {
            name: name.to_owned(),
            strategy: strategy.to_owned(),
            connected_accounts: true,
            rotates: name != "microsoft-teams",
            commas: name == "github",
            says_expiry: true,
            downscopes: false,
            lifetime: Duration::from_hours(1),
            enabled_clients: vec!["worker".to_owned(), "terminal".to_owned()],
        }
    }
}

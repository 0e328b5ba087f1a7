//! Who leases: the tenant, its keys, the way out, and the accounts, as the configuration names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use checkmate_outbound::{BaseUrl, Outbound, Settings};
use checkmate_scanners::auth0::TenantSpec;
use checkmate_scanners::{ConnectionSpec, Provider};
use checkmate_store::Store;
use checkmate_vault::{
    Algorithm, AuditSink, ClientAuth, Connection, Mode, Options, Place, SigningKey, Tenant, Turns, Vault,
};
use checkmate_worker::Lessor;

use crate::config::{self, Config, ConfigError, ConnectionConfig, ON_COMMAND_LINE, TenantConfig, is_host};
use crate::view::plain;
use crate::wiring::budgets::StoreBudgets;

/// What shows that the client is the client.
const ONE_KEY: &str = "one of auth0.client_key_file and auth0.client_secret_file";

/// Whoever leases; nobody where no tenant is configured.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn lessor(
    config: &Config,
    store: &Arc<dyn Store>,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
) -> anyhow::Result<Option<Lessor>> {
    if config.auth0.domain.is_none() && config.tenants.is_empty() {
        return Ok(None);
    }
    let mut tenants = BTreeMap::new();
    for (name, one) in &config.tenants {
        let tenant = scanned(name, one)?;
        let vault = Vault::new(tenant, None, Arc::clone(&audit), Arc::clone(&turns), options(config));
        tenants.insert(one.domain.clone(), vault);
    }
    let vault = token_vault(config, audit, turns)?;
    Ok(Some(Lessor { tenants, ..of_accounts(config, store, vault)? }))
}

/// Whoever leases for accounts, and for no tenant that is scanned.
///
/// # Errors
/// With the setting that cannot be used.
pub fn of_accounts(config: &Config, store: &Arc<dyn Store>, vault: Option<Vault>) -> anyhow::Result<Lessor> {
    let connections = config.connections.iter().map(|(name, one)| (name.clone(), connection(name, one)));
    let (tenants, connections) = (BTreeMap::new(), connections.collect());
    Ok(Lessor { vault, tenants, outbound: outbound(config, store)?, connections })
}

/// The tenant whose Token Vault keeps the accounts; none where none is configured.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn token_vault(
    config: &Config,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
) -> anyhow::Result<Option<Vault>> {
    if config.auth0.domain.is_none() {
        return Ok(None);
    }
    let client_id = needed(config.auth0.client_id.clone(), "auth0.client_id")?;
    let section = &config.auth0;
    let files = (section.client_key_file.as_deref(), section.client_secret_file.as_deref());
    let auth = client_auth(files, &section.algorithm, section.client_key_id.clone())?
        .ok_or_else(|| missing(ONE_KEY))?;
    let tenant = tenant(config, client_id, auth, Place::Vault)?;
    Ok(Some(Vault::new(tenant, mode(config)?, audit, turns, options(config))))
}

/// A tenant that is scanned, as its own client sees it.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn scanned(name: &str, one: &TenantConfig) -> anyhow::Result<Tenant> {
    let files = (one.client_key_file.as_deref(), one.client_secret_file.as_deref());
    let auth = client_auth(files, &one.algorithm, one.client_key_id.clone())?
        .ok_or_else(|| ConfigError::SecretFile(no_key(name)))?;
    let place = match name {
        ON_COMMAND_LINE => Place::CommandLine,
        name => Place::Tenant(name.to_owned()),
    };
    let (domain, client_id) = (one.domain.clone(), one.client_id.clone());
    Ok(Tenant { base: base_of(one)?, domain, client_id, auth, place })
}

/// What is scanned of each tenant, by its own host.
///
/// # Errors
/// With the address that cannot be used.
pub fn tenants(config: &Config) -> anyhow::Result<BTreeMap<String, TenantSpec>> {
    let spec = |one: &TenantConfig| {
        let spec = TenantSpec { organisation: one.organisation.clone(), base: base_of(one)?, plan: one.plan };
        Ok((one.domain.clone(), spec))
    };
    config.tenants.values().map(spec).collect()
}

fn base_of(one: &TenantConfig) -> anyhow::Result<BaseUrl> {
    base(one.base_url.as_deref(), &one.domain)
        .with_context(|| format!("base_url of the tenant {}", one.domain))
}

/// Where a tenant is asked: where the configuration says, else at its own host.
fn base(configured: Option<&str>, domain: &str) -> anyhow::Result<BaseUrl> {
    Ok(configured.map_or_else(|| format!("https://{domain}"), str::to_owned).parse()?)
}

/// Whoever looks at the Management API; nobody where no client is configured for it.
///
/// # Errors
/// With the key of the configuration, or the file, that cannot be used.
pub fn management(
    config: &Config,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
) -> anyhow::Result<Option<Vault>> {
    let section = &config.auth0;
    let (Some(client_id), Some(file)) = (&section.management_client_id, &section.management_key_file) else {
        return Ok(None);
    };
    let auth = ClientAuth::PrivateKeyJwt(key(file, &section.algorithm, section.management_key_id.clone())?);
    let tenant = tenant(config, client_id.clone(), auth, Place::Management)?;
    Ok(Some(Vault::new(tenant, None, audit, turns, options(config))))
}

/// The way out of this process.
///
/// # Errors
/// With the setting that cannot be used.
pub fn outbound(config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<Outbound> {
    let section = &config.outbound;
    let proxy = section.proxy.as_deref().map(|proxy| proxy.parse()).transpose();
    let settings = Settings {
        connect_timeout: section.connect_timeout.0,
        read_timeout: section.read_timeout.0,
        total_timeout: section.total_timeout.0,
        ca_file: section.ca_file.clone(),
        proxy: proxy.context("outbound.proxy is not an address")?,
        ..Settings::default()
    };
    Outbound::new(settings, Arc::new(StoreBudgets::new(Arc::clone(store)))).context("[outbound]")
}

/// What is checked of each account.
///
/// # Errors
/// With the address that cannot be used.
pub fn specs(config: &Config) -> anyhow::Result<BTreeMap<String, ConnectionSpec>> {
    let spec = |(name, one): (&String, &ConnectionConfig)| {
        let base = vendor(config, one.provider)?;
        Ok((name.clone(), ConnectionSpec { provider: one.provider, scopes: one.scopes.clone(), base }))
    };
    config.connections.iter().map(spec).collect()
}

fn vendor(config: &Config, provider: Provider) -> anyhow::Result<BaseUrl> {
    let (text, key) = match provider {
        Provider::Github => (&config.vendors.github_url, "vendors.github_url"),
        Provider::Atlassian => (&config.vendors.atlassian_url, "vendors.atlassian_url"),
        Provider::MicrosoftTeams => (&config.vendors.graph_url, "vendors.graph_url"),
    };
    text.parse().context(key)
}

fn tenant(config: &Config, client_id: String, auth: ClientAuth, place: Place) -> anyhow::Result<Tenant> {
    let domain = needed(config.auth0.domain.clone(), "auth0.domain")?;
    if let Some(why) = no_host(&domain) {
        return Err(ConfigError::Asked(why).into());
    }
    let base = base(config.auth0.base_url.as_deref(), &domain).context("auth0.base_url")?;
    Ok(Tenant { base, domain, client_id, auth, place })
}

/// By which of two files a client shows who it is: its key or its secret; none unless exactly one is named.
fn client_auth(
    files: (Option<&Path>, Option<&Path>),
    algorithm: &str,
    key_id: Option<String>,
) -> anyhow::Result<Option<ClientAuth>> {
    Ok(match files {
        (Some(file), None) => Some(ClientAuth::PrivateKeyJwt(key(file, algorithm, key_id)?)),
        (None, Some(file)) => Some(ClientAuth::ClientSecret(config::secret(file)?)),
        _ => None,
    })
}

fn mode(config: &Config) -> anyhow::Result<Option<Mode>> {
    if config.connections.is_empty() {
        return Ok(None);
    }
    let section = &config.vault;
    if let Some(why) = several_users(config).or_else(|| one_key_for_two(config)) {
        return Err(ConfigError::Asked(why).into());
    }
    let token = || -> anyhow::Result<_> {
        let file = needed(section.subject_token_file.clone(), "vault.subject_token_file")?;
        Ok(config::secret(&file)?)
    };
    Ok(Some(match section.mode.as_str() {
        "refresh-token" => Mode::RefreshToken(token()?),
        "access-token" => Mode::AccessToken(token()?),
        _ => {
            let file = needed(section.subject_key_file.clone(), "vault.subject_key_file")?;
            Mode::PrivilegedWorker(key(&file, &section.subject_algorithm, section.subject_key_id.clone())?)
        }
    }))
}

/// Why the domain of the tenant is none: it becomes the audience of assertions, which has to be the tenant's own to the letter.
fn no_host(domain: &str) -> Option<String> {
    let host = is_host(domain) && !domain.bytes().any(|b| b.is_ascii_uppercase());
    (!host).then(|| {
        format!(
            "auth0.domain is '{}': it has to be the tenant's own host in small letters, without https:// and path, such as \
             acme.eu.auth0.com",
            plain(domain, 100)
        )
    })
}

/// One token is of one person: with it no account of another is leased, whatever the configuration says.
fn several_users(config: &Config) -> Option<String> {
    let one_token = matches!(config.vault.mode.as_str(), "refresh-token" | "access-token");
    let users: BTreeSet<&str> = config.connections.values().map(|one| one.user.as_str()).collect();
    (one_token && users.len() > 1).then(|| {
        let users: Vec<&str> = users.into_iter().collect();
        format!(
            "vault.subject_token_file is the token of one person, and [connections] name several: {}; leave one of them, or use \
             vault.mode = \"privileged-worker\"",
            plain(&users.join(", "), 200)
        )
    })
}

/// Whoever has the one key shall not be able to do what the other is for.
fn one_key_for_two(config: &Config) -> Option<String> {
    let (client, subject) = (config.auth0.client_key_file.as_ref()?, config.vault.subject_key_file.as_ref()?);
    (client == subject).then(|| {
        "auth0.client_key_file and vault.subject_key_file are the same file: they have to be two keys; see docs/credentials.md".to_owned()
    })
}

fn options(config: &Config) -> Options {
    Options { attempts: config.vault.attempts, ..Options::default() }
}

/// An account as the vault knows it.
fn connection(name: &str, one: &ConnectionConfig) -> Connection {
    Connection {
        name: name.to_owned(),
        connection: one.connection.clone(),
        user: one.user.clone(),
        login_hint: one.login_hint.clone(),
        rotates: one.provider.rotates(),
        downscopes: false,
    }
}

fn key(file: &Path, algorithm: &str, key_id: Option<String>) -> anyhow::Result<SigningKey> {
    let algorithm = if algorithm == "PS256" { Algorithm::Ps256 } else { Algorithm::Rs256 };
    let pem = config::secret(file)?;
    SigningKey::from_pem(&pem, algorithm, key_id).with_context(|| format!("secret file {}", file.display()))
}

/// What leasing still needs, as far as the configuration tells without a look at a file.
#[must_use]
pub fn unconfigured(config: &Config) -> Vec<String> {
    let (auth0, vault) = (&config.auth0, &config.vault);
    let mut keys = Vec::new();
    if auth0.domain.is_some() {
        if auth0.client_id.is_none() {
            keys.push("auth0.client_id");
        }
        if auth0.client_key_file.is_some() == auth0.client_secret_file.is_some() {
            keys.push(ONE_KEY);
        }
        let token = matches!(vault.mode.as_str(), "refresh-token" | "access-token");
        match (config.connections.is_empty(), token) {
            (false, true) if vault.subject_token_file.is_none() => keys.push("vault.subject_token_file"),
            (false, false) if vault.subject_key_file.is_none() => keys.push("vault.subject_key_file"),
            _ => {}
        }
    }
    let mut told: Vec<String> = keys.into_iter().map(|key| missing(key).to_string()).collect();
    told.extend(auth0.domain.as_deref().and_then(no_host));
    told.extend(several_users(config));
    told.extend(one_key_for_two(config));
    if auth0.domain.is_none() && !config.connections.is_empty() {
        let text = "[connections] is configured and auth0.domain is not: nothing can be leased for them; see docs/credentials.md";
        told.push(text.to_owned());
    }
    let keyless = |one: &TenantConfig| one.client_key_file.is_some() == one.client_secret_file.is_some();
    told.extend(config.tenants.iter().filter(|(_, one)| keyless(one)).map(|(name, _)| no_key(name)));
    told
}

fn no_key(tenant: &str) -> String {
    format!("[tenants.{tenant}] needs one of client_key_file and client_secret_file: see docs/tenants.md")
}

fn needed<T>(value: Option<T>, key: &str) -> anyhow::Result<T> {
    value.ok_or_else(|| missing(key).into())
}

fn missing(key: &str) -> ConfigError {
    ConfigError::SecretFile(format!("[auth0] is configured and {key} is not: see docs/credentials.md"))
}

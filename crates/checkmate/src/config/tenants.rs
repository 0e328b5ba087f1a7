//! The keys of one Auth0 tenant that is scanned by its Management API.

use std::path::PathBuf;

use checkmate_domain::scope::is_name;
use checkmate_scanners::auth0::Plan;

use super::key::{Key, key};
use super::kind::Kind;

/// In place of a name, for the tenant that the options of a command name. No table can be called so.
pub(crate) const ON_COMMAND_LINE: &str = "on the command line";

/// A tenant that is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantConfig {
    /// Its own host.
    pub domain: String,
    /// Where its API is asked; `https://` and the domain when not set.
    pub base_url: Option<String>,
    /// The client that reads.
    pub client_id: String,
    /// Its key.
    pub client_key_file: Option<PathBuf>,
    /// The id of that key.
    pub client_key_id: Option<String>,
    /// How it signs.
    pub algorithm: String,
    /// Its secret, instead of a key.
    pub client_secret_file: Option<PathBuf>,
    /// Whose limits hold.
    pub plan: Plan,
    /// The organisation it belongs to.
    pub organisation: Option<String>,
}

/// A tenant as it is read, key by key.
#[derive(Default)]
pub(super) struct Draft {
    domain: Option<String>,
    base_url: Option<String>,
    client_id: Option<String>,
    client_key_file: Option<PathBuf>,
    client_key_id: Option<String>,
    algorithm: Option<String>,
    client_secret_file: Option<PathBuf>,
    plan: Option<String>,
    organisation: Option<String>,
}

/// What stands in `[tenants.NAME]`.
pub(super) static KEYS: [Key<Draft>; 9] = [
    key!(Draft; "domain", "The tenant's own host, never a custom domain; it is scanned as auth0:DOMAIN.", Kind::Text, "acme.eu.auth0.com", domain),
    key!(Draft; "base_url", "Where its API is asked; `https://` and the domain when not set.", Kind::Api, "https://acme.eu.auth0.com", base_url),
    key!(Draft; "client_id", "The machine-to-machine client that reads it.", Kind::Text, "CheckMateScannerClientId", client_id),
    key!(Draft; "client_key_file", "Its key for `private_key_jwt`: RSA, PKCS#8, PEM.", Kind::SecretFile, "/etc/checkmate/acme.pem", client_key_file),
    key!(Draft; "client_key_id", "The id of that key, where the client has several.", Kind::Text, "2026-11", client_key_id),
    key!(Draft; "algorithm", "How it signs; RS256 when not set.", Kind::Word(&["RS256", "PS256"]), "PS256", algorithm),
    key!(Draft; "client_secret_file", "Its secret, instead of a key.", Kind::SecretFile, "/etc/checkmate/acme.secret", client_secret_file),
    key!(Draft; "plan", "Whose rate limits are kept to; essentials when not set.", Kind::Word(&Plan::WORDS), "enterprise", plan),
    key!(Draft; "organisation", "The organisation it belongs to, for scans of `org:NAME`.", Kind::Text, "acme", organisation),
];

/// Whether a text is a host name and nothing else: it becomes part of addresses that credentials are sent to.
pub(crate) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').count() >= 2 && text.split('.').all(label)
}

/// Keys without which there is no tenant.
pub(super) const NEEDED: [&str; 2] = ["domain", "client_id"];

impl Draft {
    /// The tenant; otherwise which key is wrong, and how.
    pub(super) fn finish(self) -> Result<TenantConfig, (&'static str, String)> {
        let domain = self.domain.unwrap_or_default();
        if !is_host(&domain) {
            return Err(("domain", "is no host name".to_owned()));
        }
        if let Some(name) = self.organisation.as_deref().filter(|name| !is_name(name)) {
            return Err(("organisation", format!("'{}' is not a name", super::texts::shown(name))));
        }
        let word = self.plan.unwrap_or_else(|| Plan::default().as_str().to_owned());
        Ok(TenantConfig {
            domain,
            base_url: self.base_url,
            client_id: self.client_id.unwrap_or_default(),
            client_key_file: self.client_key_file,
            client_key_id: self.client_key_id,
            algorithm: self.algorithm.unwrap_or_else(|| "RS256".to_owned()),
            client_secret_file: self.client_secret_file,
            plan: Plan::from_word(&word).ok_or_else(|| ("plan", "is not known".to_owned()))?,
            organisation: self.organisation,
        })
    }
}

impl From<&TenantConfig> for Draft {
    fn from(config: &TenantConfig) -> Self {
        let one = config.clone();
        Self {
            domain: Some(one.domain),
            base_url: one.base_url,
            client_id: Some(one.client_id),
            client_key_file: one.client_key_file,
            client_key_id: one.client_key_id,
            algorithm: Some(one.algorithm),
            client_secret_file: one.client_secret_file,
            plan: Some(one.plan.as_str().to_owned()),
            organisation: one.organisation,
        }
    }
}

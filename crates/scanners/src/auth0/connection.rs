//! What several checks ask of a connection.

use checkmate_domain::Severity;

use super::check::{Answer, Verdict, failed};
use super::item::Item;

const PASSWORDLESS: [&str; 2] = ["sms", "email"];
const SAML: [&str; 3] = ["samlp", "adfs", "pingfederate"];
const OIDC: [&str; 2] = ["oidc", "okta"];
const ENTERPRISE: [&str; 12] = [
    "samlp",
    "adfs",
    "pingfederate",
    "oidc",
    "okta",
    "waad",
    "google-apps",
    "ad",
    "office365",
    "sharepoint",
    "ip",
    "auth0-adldap",
];
/// Networks for which Auth0 lends keys of its own.
const SOCIAL: [&str; 24] = [
    "google-oauth2",
    "facebook",
    "github",
    "linkedin",
    "windowslive",
    "twitter",
    "apple",
    "amazon",
    "bitbucket",
    "box",
    "discord",
    "dropbox",
    "evernote",
    "figma",
    "fitbit",
    "instagram",
    "paypal",
    "salesforce",
    "shopify",
    "slack",
    "spotify",
    "twitch",
    "wordpress",
    "yahoo",
];

fn is(connection: &Item, strategies: &[&str]) -> bool {
    matches!(connection.text("strategy"), Ok(Some(strategy)) if strategies.contains(&strategy))
}

/// Whether codes or links are sent in place of a password.
pub(crate) fn is_passwordless(connection: &Item) -> bool {
    is(connection, &PASSWORDLESS)
}

/// Whether it speaks SAML.
pub(crate) fn is_saml(connection: &Item) -> bool {
    is(connection, &SAML)
}

/// Whether an algorithm of XML signatures hashes with SHA-1, in whichever way it is written.
pub(crate) fn is_sha1(algorithm: &str) -> bool {
    algorithm.trim().to_ascii_lowercase().ends_with("sha1")
}

/// Whether it speaks OpenID Connect to a provider of somebody's choice.
pub(crate) fn is_oidc(connection: &Item) -> bool {
    is(connection, &OIDC)
}

/// Whether a company logs in by it.
pub(crate) fn is_enterprise(connection: &Item) -> bool {
    is(connection, &ENTERPRISE)
}

/// Whether it is a social network for which Auth0 lends keys.
pub(crate) fn is_social(connection: &Item) -> bool {
    is(connection, &SOCIAL)
}

/// Whether any application uses it.
pub(crate) fn in_use(connection: &Item) -> Answer {
    let path = "enabled_clients";
    let enabled = connection.stated_texts(path)?;
    if enabled.known.is_empty() && enabled.unknown.is_empty() {
        let title = "No application uses the connection";
        return failed(
            Severity::Info,
            title,
            &connection.pointer(path),
            "empty",
            "an application, or no such connection",
        );
    }
    Ok(Verdict::Passed)
}

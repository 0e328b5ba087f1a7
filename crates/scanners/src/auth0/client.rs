//! What several checks ask of an application.

use checkmate_domain::NotAssessed;

use super::item::{Item, Texts};
use super::question;

/// Whether the application can keep no secret: it runs in a browser or on a device, or authenticates without one.
pub(crate) fn is_public(client: &Item) -> Result<bool, NotAssessed> {
    match client.text("token_endpoint_auth_method")? {
        Some(method) => Ok(method == "none"),
        None => match client.text("app_type")? {
            Some("spa" | "native") => Ok(true),
            Some("regular_web" | "non_interactive") => Ok(false),
            _ => Err(client.not_stated("token_endpoint_auth_method")),
        },
    }
}

/// The grants it may use. Without the list Auth0 allows several, so that nothing can be said.
pub(crate) fn grants(client: &Item) -> Result<Texts<'_>, NotAssessed> {
    client.stated_texts("grant_types")
}

/// Whether it is only ever a machine: nobody logs in to it.
pub(crate) fn is_machine(client: &Item) -> Result<bool, NotAssessed> {
    let grants = grants(client)?;
    grants.all_known()?;
    Ok(grants.known.iter().all(|grant| *grant == "client_credentials"))
}

/// Whether a grant is on its list.
pub(crate) fn has_grant(client: &Item, grant: &str) -> Result<bool, NotAssessed> {
    grants(client)?.has(grant)
}

/// Whether it takes credentials of connected accounts from Token Vault.
pub(crate) fn uses_token_vault(client: &Item) -> Result<bool, NotAssessed> {
    has_grant(client, "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token")
}

/// Whether it belongs to somebody else. Without the field it is one's own.
pub(crate) fn third_party(client: &Item) -> Result<bool, NotAssessed> {
    Ok(client.flag("is_first_party")? == Some(false))
}

/// Whether it is known to belong to somebody else.
pub(crate) fn is_third_party(client: &Item) -> bool {
    third_party(client) == Ok(true)
}

/// Whether it authenticates with a key pair or a certificate.
pub(crate) fn has_key(client: &Item) -> Result<bool, NotAssessed> {
    const METHODS: [&str; 3] = ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
    let mut unknown = None;
    for method in METHODS {
        match has_credentials(client, &format!("client_authentication_methods/{method}")) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    if client.text("token_endpoint_auth_method")? == Some("private_key_jwt") {
        return Ok(true);
    }
    unknown.map_or(Ok(false), Err)
}

/// Whether a method has any credential: without one it is only announced.
fn has_credentials(client: &Item, method: &str) -> Result<bool, NotAssessed> {
    if !client.has(method)? {
        return Ok(false);
    }
    let path = format!("{method}/credentials");
    question::objects(client, &path)?.map(|list| !list.is_empty()).ok_or_else(|| client.not_stated(&path))
}

/// Whether a database takes passwords.
pub(crate) fn takes_passwords(database: &Item) -> Result<bool, NotAssessed> {
    // Left out as a whole, the options may not be read.
    if !database.has("options")? {
        return Err(database.not_stated("options"));
    }
    Ok(database.flag("options/authentication_methods/password/enabled")? != Some(false))
}

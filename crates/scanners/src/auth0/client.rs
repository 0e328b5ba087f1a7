//! What several checks ask of an application.

use checkmate_domain::NotAssessed;

use super::item::{Item, Texts};

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

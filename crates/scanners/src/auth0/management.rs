//! Which API and which grant are the tenant's own: the Management API.

use checkmate_domain::NotAssessed;
use url::{Host, Url};

use super::address::is_auth0_host;
use super::item::{Item, Written};

const PATH: &str = "/api/v2/";

/// Whether an API is the Management API.
pub(crate) fn is_system(api: &Item) -> Result<bool, NotAssessed> {
    if let Some(system) = api.flag("is_system")? {
        return Ok(system);
    }
    is_at(api, "identifier")
}

/// Whether a grant is for the Management API of the tenant. The export does not say which host is the tenant's: with a
/// placeholder for the host the path decides, with a host it has to be one of Auth0's.
pub(crate) fn is_management_api(grant: &Item) -> Result<bool, NotAssessed> {
    is_at(grant, "audience")
}

fn is_at(item: &Item, field: &str) -> Result<bool, NotAssessed> {
    let ends_unknown = |text: &str| text.ends_with("##") || text.ends_with("@@");
    match item.written(field)? {
        None => Err(item.not_stated(field)),
        Some(Written::Known(text)) => {
            let url = Url::parse(text).ok().filter(|url| url.path() == PATH);
            Ok(url.is_some_and(|url| matches!(url.host(), Some(Host::Domain(host)) if is_auth0_host(host))))
        }
        Some(Written::Partly(text)) if text.ends_with(PATH) => {
            let host = text.trim_end_matches(PATH);
            Ok(ends_unknown(host) || is_auth0_host(host))
        }
        // A placeholder that stands for the end could be that path.
        Some(Written::Partly(text)) if ends_unknown(text) => item.text(field).map(|_| false),
        Some(Written::Partly(_)) => Ok(false),
    }
}

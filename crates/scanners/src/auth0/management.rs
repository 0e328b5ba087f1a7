//! Which API and which grant are the tenant's own: the Management API, and the other APIs that Auth0 gives every tenant.

use std::collections::BTreeSet;

use checkmate_domain::NotAssessed;
use url::{Host, Url};

use super::address::is_auth0_host;
use super::item::{Item, Written};
use super::snapshot::TenantSnapshot;
use super::source::Collection;

const MANAGEMENT: &str = "/api/v2/";
/// The paths of Auth0's own APIs: Management, My Account, My Organization.
const SYSTEM: [&str; 3] = [MANAGEMENT, "/me/", "/my-org/"];

/// Whether an API is one of Auth0's own. Of an export not every one says so.
pub(crate) fn is_system(api: &Item) -> Result<bool, NotAssessed> {
    match api.flag("is_system")? {
        Some(system) => Ok(system),
        None => is_at(api, "identifier", &SYSTEM),
    }
}

/// Whether an API is the Management API.
pub(crate) fn is_management(api: &Item) -> Result<bool, NotAssessed> {
    if api.flag("is_system")? == Some(false) {
        return Ok(false);
    }
    is_at(api, "identifier", &[MANAGEMENT])
}

/// Whether a grant is for the Management API of the tenant. The export does not say which host is the tenant's: with a
/// placeholder for the host the path decides, with a host it has to be one of Auth0's.
pub(crate) fn is_management_api(grant: &Item) -> Result<bool, NotAssessed> {
    is_at(grant, "audience", &[MANAGEMENT])
}

/// The tenant's own host, when its Management API, or a grant for it, tells.
pub(crate) fn own_host(tenant: &TenantSnapshot) -> Option<String> {
    let apis = tenant.known(Collection::ResourceServers).iter().map(|api| host(api, "identifier"));
    let grants = tenant.known(Collection::ClientGrants).iter().map(|grant| host(grant, "audience"));
    let mut hosts: BTreeSet<String> = apis.chain(grants).flatten().collect();
    // Two of them: which one is the tenant's is not known.
    if hosts.len() > 1 { None } else { hosts.pop_first() }
}

fn host(item: &Item, field: &str) -> Option<String> {
    let url = Url::parse(item.text(field).ok()??).ok().filter(|url| url.path() == MANAGEMENT)?;
    url.host_str().filter(|host| is_auth0_host(host)).map(str::to_owned)
}

fn is_at(item: &Item, field: &str, paths: &[&str]) -> Result<bool, NotAssessed> {
    let ends_unknown = |text: &str| text.ends_with("##") || text.ends_with("@@");
    match item.written(field)? {
        None => Err(item.not_stated(field)),
        Some(Written::Known(text)) => {
            let url = Url::parse(text).ok().filter(|url| paths.contains(&url.path()));
            Ok(url.is_some_and(|url| matches!(url.host(), Some(Host::Domain(host)) if is_auth0_host(host))))
        }
        Some(Written::Partly(text)) => match paths.iter().find_map(|path| text.strip_suffix(path)) {
            Some(host) => Ok(ends_unknown(host) || is_auth0_host(host)),
            // A placeholder that stands for the end could be such a path.
            None if ends_unknown(text) => item.text(field).map(|_| false),
            None => Ok(false),
        },
    }
}

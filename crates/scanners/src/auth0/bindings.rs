//! Which Actions run, and when.

use checkmate_domain::NotAssessed;

use super::item::Item;
use super::node::Node;
use super::snapshot::TenantSnapshot;
use super::source::Collection;

/// The names of the Actions that run at a trigger.
pub(crate) fn bound<'a>(tenant: &'a TenantSnapshot, trigger: &str) -> Result<Vec<&'a str>, NotAssessed> {
    let triggers = tenant.only(Collection::Triggers)?;
    let unclear = || NotAssessed::Unknown(format!("{} does not name its Actions", triggers.pointer(trigger)));
    match triggers.find(trigger)? {
        None => Err(triggers.not_stated(trigger)),
        Some(Node::List(bindings)) => bindings
            .iter()
            .map(|binding| match binding.get("action_name") {
                Some(Node::Text(name)) => Ok(name.as_str()),
                _ => Err(unclear()),
            })
            .collect(),
        Some(_) => Err(unclear()),
    }
}

/// The Actions that run at a trigger, whole.
pub(crate) fn running<'a>(tenant: &'a TenantSnapshot, trigger: &str) -> Result<Vec<&'a Item>, NotAssessed> {
    bound(tenant, trigger)?.into_iter().map(|name| tenant.one(Collection::Actions, name)).collect()
}

/// The triggers that an Action is made for.
pub(crate) fn triggers(action: &Item) -> Result<Vec<&str>, NotAssessed> {
    let path = "supported_triggers";
    match action.find(path)? {
        None => Err(action.not_stated(path)),
        Some(Node::List(list)) => Ok(list
            .iter()
            .filter_map(|trigger| match trigger.get("id") {
                Some(Node::Text(id)) => Some(id.as_str()),
                _ => None,
            })
            .collect()),
        Some(other) => Err(action.unlike(path, other, "a list")),
    }
}

/// Whether an Action is deployed at all.
pub(crate) fn is_deployed(action: &Item) -> Result<bool, NotAssessed> {
    if let Some(deployed) = action.flag("deployed")? {
        return Ok(deployed);
    }
    if action.has("deployed_version")? {
        return Ok(action.flag("deployed_version/deployed")? != Some(false));
    }
    // The API tells of a version that was deployed, or of none.
    if action.has("all_changes_deployed")? {
        return Ok(false);
    }
    match action.text("status")? {
        Some("pending" | "draft") => Ok(false),
        _ => Err(action.not_stated("deployed")),
    }
}

/// The triggers that Actions are bound to; to others they belong by name.
pub(crate) const BINDABLE: [&str; 9] = [
    "post-login",
    "credentials-exchange",
    "pre-user-registration",
    "post-user-registration",
    "post-change-password",
    "send-phone-message",
    "password-reset-post-challenge",
    "login-post-identifier",
    "signup-post-identifier",
];

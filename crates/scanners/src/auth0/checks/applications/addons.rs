//! No legacy add-ons are on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// A protocol of its own, with a check of its own.
const SAML: &str = "samlp";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.addons",
        title: "No legacy add-ons are on",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "Add-ons hand out credentials of other services or speak old protocols, with settings that are rarely \
                     looked at again.",
        fix: "Remove the add-ons that are not in use.",
        steps: &["Dashboard: Applications > the application > Addons."],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let path = "addons";
    let on: Vec<&str> = match application.find(path)? {
        None => return Ok(Verdict::Passed),
        Some(Node::Map(entries)) => {
            entries.keys().map(|key| key.as_str()).filter(|name| *name != SAML).collect()
        }
        Some(other) => return Err(application.unlike(path, other, "an object")),
    };
    if on.is_empty() {
        return Ok(Verdict::Passed);
    }
    failed(Severity::Low, "Legacy add-ons are on", &application.pointer(path), &first_few(&on), "none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        fixture::holds(
            &CHECK,
            &[
                ("failed low", "clients: [{name: A, addons: {aws: {principal: x}}}]"),
                ("passed", "clients: [{name: A, addons: {samlp: {}}}]"),
                ("passed", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, addons: @@X@@}]"),
            ],
        );
    }
}

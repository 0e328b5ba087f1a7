//! APIs are named by encrypted addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.identifier",
        title: "APIs are named by encrypted addresses",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "The identifier is the audience of every token. As an http address it invites somebody to call it, \
                     without encryption, with the token.",
        fix: "Create the API anew with an https or urn identifier; it cannot be changed.",
        steps: &["Dashboard: Applications > APIs > Create API."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    question::encrypted(
        api,
        "identifier",
        Severity::Info,
        "An API is named by an address that is not encrypted",
    )
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
                ("failed info", "resourceServers: [{name: A, identifier: 'http://api.example.com'}]"),
                ("passed", "resourceServers: [{name: A, identifier: 'urn:a'}]"),
                ("not-assessed", "resourceServers: [{name: A, identifier: ##X##}]"),
            ],
        );
    }
}

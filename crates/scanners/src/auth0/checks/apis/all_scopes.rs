//! Grants name the scopes they give.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.all-scopes",
        title: "Grants name the scopes they give",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "A grant of all scopes also gives those that are added later, by people who do not know of it.",
        fix: "List the scopes that the application uses.",
        steps: &["Dashboard: Applications > APIs > the API > Machine to Machine Applications."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ClientGrants, ask),
};

fn ask(grant: &Item, _: &TenantSnapshot) -> Answer {
    question::off(grant, "allow_all_scopes", Severity::High, "Every scope of an API is granted")
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
                ("failed high", "clientGrants: [{client_id: A, audience: 'urn:a', allow_all_scopes: true}]"),
                ("passed", "clientGrants: [{client_id: A, audience: 'urn:a', scope: [a]}]"),
                (
                    "not-assessed",
                    "clientGrants: [{client_id: A, audience: 'urn:a', allow_all_scopes: ##X##}]",
                ),
            ],
        );
    }
}

//! Machines act for the organizations they were made for.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.any-organization",
        title: "Machines act for the organizations they were made for",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "With this grant a machine may ask for tokens in the name of any organization, also of those of other \
                     customers.",
        fix: "Turn off allow_any_organization and associate the organizations one by one.",
        steps: &["Management API: PATCH /api/v2/client-grants/{id} with allow_any_organization false."],
        references: &[("Organizations", "https://auth0.com/docs/manage-users/organizations")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ClientGrants, ask),
};

fn ask(grant: &Item, _: &TenantSnapshot) -> Answer {
    question::off(
        grant,
        "allow_any_organization",
        Severity::Moderate,
        "A machine may act for any organization",
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
                (
                    "failed moderate",
                    "clientGrants: [{client_id: A, audience: 'urn:a', allow_any_organization: true}]",
                ),
                ("passed", "clientGrants: [{client_id: A, audience: 'urn:a'}]"),
                (
                    "not-assessed",
                    "clientGrants: [{client_id: A, audience: 'urn:a', allow_any_organization: ##X##}]",
                ),
            ],
        );
    }
}

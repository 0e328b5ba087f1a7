//! Strangers' applications get no grant by default.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.default-grants",
        title: "Strangers' applications get no grant by default",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "This grant is given to every third-party application, also to those that come tomorrow.",
        fix: "Delete the default grant, and grant third-party applications one by one.",
        steps: &["Management API: DELETE /api/v2/client-grants/{id}."],
        references: &[(
            "Third-party applications",
            "https://auth0.com/docs/get-started/applications/third-party-applications",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ClientGrants, ask),
};

fn ask(grant: &Item, _: &TenantSnapshot) -> Answer {
    question::none_of(
        grant,
        "default_for",
        &["third_party_clients"],
        Severity::Moderate,
        "Third-party applications get a grant by default",
        "not set",
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
                    "clientGrants: [{client_id: A, audience: 'urn:a', default_for: third_party_clients}]",
                ),
                ("passed", "clientGrants: [{client_id: A, audience: 'urn:a'}]"),
                ("not-assessed", "clientGrants: [{client_id: A, audience: 'urn:a', default_for: ##X##}]"),
            ],
        );
    }
}

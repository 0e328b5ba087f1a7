//! Third-party applications run in the strict mode.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.third-party-security",
        title: "Third-party applications run in the strict mode",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "In the permissive mode an application of a third party may do what only your own should: weaker flows, \
                     any connection, APIs without a grant.",
        fix: "Set third_party_security_mode to strict.",
        steps: &["Management API: PATCH /api/v2/clients/{id} with third_party_security_mode strict."],
        references: &[(
            "Third-party applications",
            "https://auth0.com/docs/get-started/applications/third-party-applications",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !client::third_party(application)? {
        return Ok(Verdict::NotApplicable("it is your own application"));
    }
    question::stated_none_of(
        application,
        "third_party_security_mode",
        &["permissive"],
        Severity::Moderate,
        "A third-party application runs in the permissive mode",
        "strict",
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
                    "clients: [{name: A, is_first_party: false, third_party_security_mode: permissive}]",
                ),
                ("passed", "clients: [{name: A, is_first_party: false, third_party_security_mode: strict}]"),
                ("not-applicable", "clients: [{name: A}]"),
                (
                    "not-assessed",
                    "clients: [{name: A, is_first_party: false, third_party_security_mode: ##X##}]",
                ),
                ("not-assessed", "clients: [{name: A, is_first_party: false}]"),
            ],
        );
    }
}

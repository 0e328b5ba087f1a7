//! A private Google account is not taken for one of the company.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.google-social-accounts",
        title: "A private Google account is not taken for one of the company",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With this switch the enterprise connection also takes logins of the social one, so that the limits of \
                     the company do not hold.",
        fix: "Turn off the handling of social logins in the Workspace connection.",
        steps: &[
            "Management API: PATCH /api/v2/connections/{id} with options.handle_login_from_social false.",
        ],
        references: &[(
            "Google Workspace connections",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/google-apps",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.text("strategy")? != Some("google-apps") {
        return Ok(Verdict::NotApplicable("it is no Google Workspace connection"));
    }
    question::stated_off(
        connection,
        "options/handle_login_from_social",
        Severity::Moderate,
        "Social logins pass for those of the company",
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
                    "connections: [{name: s, strategy: google-apps, options: {handle_login_from_social: true}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: google-apps, options: {handle_login_from_social: false}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: google-apps, options: {handle_login_from_social: ##X##}}]",
                ),
                ("not-assessed", "connections: [{name: s, strategy: google-apps, options: {}}]"),
            ],
        );
    }
}

//! E-mail addresses of a directory are verified by it, or not trusted.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.email-trust",
        title: "E-mail addresses of a directory are verified by it, or not trusted",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "An administrator of that directory can write any e-mail address to an account. If it counts as verified, \
                     that account can be taken for somebody else's.",
        fix: "Set should_trust_email_verified_connection to never_set_emails_as_verified.",
        steps: &["Dashboard: Authentication > Enterprise > the connection > Email Verification."],
        references: &[(
            "Azure AD connections",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/azure-active-directory/v2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    let path = "options/should_trust_email_verified_connection";
    let has_switch = matches!(connection.text("strategy")?, Some("waad" | "adfs") | None);
    if !has_switch && !connection.has(path)? {
        return Ok(Verdict::NotApplicable("the connection has no such switch"));
    }
    question::stated_none_of(
        connection,
        path,
        &["always_set_emails_as_verified"],
        Severity::Moderate,
        "Every e-mail address counts as verified",
        "never_set_emails_as_verified",
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
                    "connections: [{name: s, strategy: waad, options: {should_trust_email_verified_connection: always_set_emails_as_verified}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: waad, options: {should_trust_email_verified_connection: never_set_emails_as_verified}}]",
                ),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: waad, options: {should_trust_email_verified_connection: ##X##}}]",
                ),
                ("not-assessed", "connections: [{name: s, strategy: waad, options: {}}]"),
                ("not-applicable", "connections: [{name: s, strategy: github}]"),
            ],
        );
    }
}

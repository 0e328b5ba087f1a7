//! Entra logins come from known companies.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.entra-any-tenant",
        title: "Entra logins come from known companies",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "The common endpoint takes logins of every company of the world that uses Entra, and of personal \
                     accounts. Only an Action that looks at the company could stop them.",
        fix: "Name the company's own tenant instead of the common endpoint.",
        steps: &[
            "Dashboard: Authentication > Enterprise > Microsoft Azure AD > the connection: Use common endpoint.",
        ],
        references: &[(
            "Azure AD connections",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/azure-active-directory/v2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.text("strategy")? != Some("waad") {
        return Ok(Verdict::NotApplicable("it is no Entra connection"));
    }
    question::off(connection, "options/useCommonEndpoint", Severity::High, "Logins of any company are taken")
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
                    "failed high",
                    "connections: [{name: s, strategy: waad, options: {useCommonEndpoint: true}}]",
                ),
                ("passed", "connections: [{name: s, strategy: waad, options: {}}]"),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: waad, options: {useCommonEndpoint: ##X##}}]",
                ),
                ("not-assessed", "connections: [{name: s, strategy: waad}]"),
            ],
        );
    }
}

//! SAML logins begin at the application.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-idp-initiated",
        title: "SAML logins begin at the application",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "An answer that nobody asked for can be planted in somebody's browser: they work in the attacker's \
                     account and enter their data there.",
        fix: "Turn off IdP-initiated logins, or limit them to the applications that need them.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection > IdP-Initiated SSO."],
        references: &[(
            "SAML identity providers",
            "https://auth0.com/docs/authenticate/protocols/saml/saml-configuration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_saml(connection) {
        return Ok(Verdict::NotApplicable("the connection does not speak SAML"));
    }
    question::off(
        connection,
        "options/idpinitiated/enabled",
        Severity::Moderate,
        "Logins that nobody asked for are taken",
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
                    "connections: [{name: s, strategy: samlp, options: {idpinitiated: {enabled: true}}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: samlp, options: {idpinitiated: {enabled: false}}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp, options: {idpinitiated: @@X@@}}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp}]"),
            ],
        );
    }
}

//! SAML debugging is off.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-debug",
        title: "SAML debugging is off",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "In debug mode the log gets whole SAML answers, with everything they say about a person.",
        fix: "Turn debug mode off.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection: Debug Mode."],
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
    question::off(connection, "options/debug", Severity::Low, "SAML answers are written to the log")
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
                ("failed low", "connections: [{name: s, strategy: samlp, options: {debug: true}}]"),
                ("passed", "connections: [{name: s, strategy: samlp, options: {}}]"),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp, options: {debug: ##X##}}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp}]"),
            ],
        );
    }
}

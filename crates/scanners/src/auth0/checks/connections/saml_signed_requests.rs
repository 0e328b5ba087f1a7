//! SAML requests are signed.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-signed-requests",
        title: "SAML requests are signed",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Without a signature the identity provider cannot tell your login requests from those of others, and \
                     answers them all.",
        fix: "Turn on Sign Request.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection."],
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
    question::on(connection, "options/signSAMLRequest", Severity::Low, "SAML requests are not signed")
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
                ("failed low", "connections: [{name: s, strategy: samlp, options: {}}]"),
                ("passed", "connections: [{name: s, strategy: samlp, options: {signSAMLRequest: true}}]"),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp, options: @@X@@}]"),
            ],
        );
    }
}

//! SAML assertions are encrypted.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-encryption",
        title: "SAML assertions are encrypted",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "The answer of the identity provider passes through the browser. Encrypted, what it says about a person \
                     stays between the two servers.",
        fix: "Have the identity provider encrypt assertions with the connection's certificate.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection: Decryption Key."],
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
    for path in ["options/decryptionKey", "options/assertion_decryption_settings"] {
        // A masked key is a key.
        if connection.has(path).unwrap_or(true) {
            return connection.has("options").map(|_| Verdict::Passed);
        }
    }
    failed(
        Severity::Info,
        "SAML assertions are not encrypted",
        &connection.pointer("options/decryptionKey"),
        "not set",
        "a decryption key",
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
                ("failed info", "connections: [{name: s, strategy: samlp, options: {debug: false}}]"),
                (
                    "passed",
                    "connections: [{name: s, strategy: samlp, options: {decryptionKey: _VALUE_NOT_SHOWN_}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", "connections: @@X@@"),
            ],
        );
    }
}

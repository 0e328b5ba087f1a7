//! The tenant shows itself to identity providers by a key.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.oidc-client-authentication",
        title: "The tenant shows itself to identity providers by a key",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "A client secret is known to both sides and lies in both configurations. A private key is known to the \
                     tenant alone.",
        fix: "Set the token endpoint authentication to private_key_jwt where the provider takes it.",
        steps: &["Dashboard: Authentication > Enterprise > OpenID Connect > the connection."],
        references: &[(
            "OpenID Connect identity providers",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/oidc",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_oidc(connection) {
        return Ok(Verdict::NotApplicable("the connection does not speak OpenID Connect"));
    }
    question::one_of(
        connection,
        "options/token_endpoint_auth_method",
        &["private_key_jwt"],
        Severity::Info,
        "The tenant shows itself by a secret",
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
                ("failed info", "connections: [{name: s, strategy: oidc, options: {}}]"),
                (
                    "passed",
                    "connections: [{name: s, strategy: oidc, options: {token_endpoint_auth_method: private_key_jwt}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: oidc, options: {token_endpoint_auth_method: ##X##}}]",
                ),
            ],
        );
    }
}

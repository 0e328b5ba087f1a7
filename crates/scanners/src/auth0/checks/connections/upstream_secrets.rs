//! Parameters for identity providers hold no secrets.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.upstream-secrets",
        title: "Parameters for identity providers hold no secrets",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "These parameters travel in the address of the login, through browser history and logs.",
        fix: "Remove the value, and change it where it was used.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with options.upstream_params."],
        references: &[(
            "Pass parameters to identity providers",
            "https://auth0.com/docs/authenticate/identity-providers/pass-parameters-to-idps",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    let title = "A parameter holds what looks like a secret";
    question::no_secrets(connection, "options/upstream_params", Some("value"), Severity::Low, title)
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
                    "not-assessed",
                    "connections: [{name: s, strategy: oidc, options: {upstream_params: {a: {value: '##X##'}}}}]",
                ),
                (
                    "failed low",
                    "connections: [{name: s, strategy: oidc, options: {upstream_params: {client_secret: {value: 'q8ZrT1xWm4Kd9LpVb2Nc'}}}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: oidc, options: {upstream_params: {prompt: {value: login}}}}]",
                ),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: oidc, options: {upstream_params: @@X@@}}]",
                ),
            ],
        );
    }
}

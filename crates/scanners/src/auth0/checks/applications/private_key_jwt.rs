//! Applications authenticate with a key, not with a secret.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.private-key-jwt",
        title: "Applications authenticate with a key, not with a secret",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "A client secret travels with each request and lies in configuration and logs. A private key never leaves \
                     the application.",
        fix: "Use private_key_jwt or mTLS for confidential applications.",
        steps: &["Dashboard: Applications > the application > Credentials: Private Key JWT."],
        references: &[(
            "Private key JWT",
            "https://auth0.com/docs/get-started/applications/configure-private-key-jwt",
        )],
        checkmate: &["checkPrivateKeyJWT"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if client::is_public(application)? {
        return Ok(Verdict::NotApplicable("public applications do not authenticate"));
    }
    if client::has_key(application)? {
        return Ok(Verdict::Passed);
    }
    let pointer = application.pointer("client_authentication_methods");
    failed(
        Severity::Info,
        "An application authenticates with a secret",
        &pointer,
        "not set",
        "private_key_jwt or mTLS",
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
                ("failed info", "clients: [{name: Job, app_type: non_interactive}]"),
                (
                    "passed",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: {private_key_jwt: {credentials: [{id: c}]}}}]",
                ),
                (
                    "passed",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: {self_signed_tls_client_auth: {credentials: [{id: c}]}}}]",
                ),
                ("not-applicable", "clients: [{name: Shop, app_type: spa}]"),
                (
                    "not-assessed",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: @@X@@}]",
                ),
                (
                    "failed info",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: {private_key_jwt: {credentials: []}}}]",
                ),
                (
                    "passed",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: {private_key_jwt: {credentials: []}, tls_client_auth: {credentials: [{id: c}]}}}]",
                ),
                (
                    "not-assessed",
                    "clients: [{name: Job, app_type: non_interactive, client_authentication_methods: {private_key_jwt: {}}}]",
                ),
            ],
        );
    }
}

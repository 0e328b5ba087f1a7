//! Token Vault applications keep refresh tokens that do not rotate.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.token-vault-rotation",
        title: "Token Vault applications keep refresh tokens that do not rotate",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "An exchange with a refresh token needs one that does not rotate. With rotation on, exchanges fail after \
                     the first; with it off, the token has to end and the application has to authenticate.",
        fix: "Turn rotation off for this application, with an expiring token and a confidential client.",
        steps: &["Dashboard: Applications > the application > Refresh Token Rotation."],
        references: &[("Token Vault", "https://auth0.com/docs/secure/call-apis-on-users-behalf/token-vault")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !client::uses_token_vault(application)? {
        return Ok(Verdict::NotApplicable("the application does not use Token Vault"));
    }
    question::none_of(
        application,
        "refresh_token/rotation_type",
        &["rotating"],
        Severity::Info,
        "Token Vault does not work with rotating refresh tokens",
        "non-rotating",
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
                    "failed info",
                    "clients: [{name: A, grant_types: ['urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'], refresh_token: {rotation_type: rotating}}]",
                ),
                (
                    "passed",
                    "clients: [{name: A, grant_types: ['urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'], refresh_token: {rotation_type: non-rotating}}]",
                ),
                ("not-applicable", "clients: [{name: A, grant_types: [implicit]}]"),
                ("not-assessed", "clients: [{name: A, grant_types: @@X@@}]"),
            ],
        );
    }
}

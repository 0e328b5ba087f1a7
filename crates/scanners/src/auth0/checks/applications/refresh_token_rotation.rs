//! A stolen refresh token is noticed.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.refresh-token-rotation",
        title: "A stolen refresh token is noticed",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With rotation a refresh token works once, and its second use ends the whole family. Without, who copies \
                     one from a browser or a device keeps the login.",
        fix: "Turn on refresh token rotation.",
        steps: &["Dashboard: Applications > the application > Refresh Token Rotation."],
        references: &[(
            "Refresh token rotation",
            "https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation",
        )],
        checkmate: &["checkRefreshToken"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !client::has_grant(application, "refresh_token")? {
        return Ok(Verdict::NotApplicable("the application gets no refresh tokens"));
    }
    if client::uses_token_vault(application)? {
        return Ok(Verdict::NotApplicable("Token Vault needs refresh tokens that do not rotate"));
    }
    if !client::is_public(application)? {
        return Ok(Verdict::NotApplicable("the application authenticates with each refresh"));
    }
    question::one_of(
        application,
        "refresh_token/rotation_type",
        &["rotating"],
        Severity::Moderate,
        "Refresh tokens do not rotate",
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
                    "clients: [{name: Shop, app_type: spa, grant_types: [refresh_token], refresh_token: {rotation_type: non-rotating}}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, app_type: spa, grant_types: [refresh_token], refresh_token: {rotation_type: rotating}}]",
                ),
                (
                    "not-applicable",
                    "clients: [{name: Shop, app_type: spa, grant_types: [authorization_code]}]",
                ),
                (
                    "not-applicable",
                    "clients: [{name: Shop, app_type: spa, grant_types: [refresh_token, 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token']}]",
                ),
                (
                    "not-assessed",
                    "clients: [{name: Shop, app_type: spa, grant_types: [refresh_token], refresh_token: @@X@@}]",
                ),
            ],
        );
    }
}

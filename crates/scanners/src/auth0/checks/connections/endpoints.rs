//! Identity providers are reached by encrypted addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const ADDRESSES: [&str; 12] = [
    "authorization_endpoint",
    "token_endpoint",
    "issuer",
    "jwks_uri",
    "userinfo_endpoint",
    "discovery_url",
    "authorizationURL",
    "tokenURL",
    "signInEndpoint",
    "signOutEndpoint",
    "metadataUrl",
    "fedMetadataXmlUrl",
];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.endpoints",
        title: "Identity providers are reached by encrypted addresses",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Logins, codes and keys are fetched from these addresses. Who sits in between an unencrypted one decides \
                     who logs in.",
        fix: "Use https for every address of the identity provider.",
        steps: &["Dashboard: Authentication > the connection > Settings."],
        references: &[("Identity providers", "https://auth0.com/docs/authenticate/identity-providers")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    let title = "An identity provider is reached without encryption";
    let each = |name| question::encrypted(connection, &format!("options/{name}"), Severity::High, title);
    question::first_problem(ADDRESSES.map(each))
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
                    "connections: [{name: s, strategy: oidc, options: {issuer: 'http://idp.example.com'}}]",
                ),
                (
                    "failed high",
                    "connections: [{name: s, strategy: samlp, options: {signInEndpoint: 'http://idp.example.com/sso', metadataUrl: ##X##}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: oidc, options: {issuer: 'https://idp.example.com'}}]",
                ),
                ("not-assessed", "connections: [{name: s, strategy: oidc, options: {issuer: ##X##}}]"),
            ],
        );
    }
}

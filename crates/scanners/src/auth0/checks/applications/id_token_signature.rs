//! ID tokens are signed with a private key, not with the client secret.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.id-token-signature",
        aliases: &[],
        title: "ID tokens are signed with a private key",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "With HS256 whoever can check a token can also make one: the client secret does both. An application in \
                    a browser or on a device cannot keep that secret, so anybody can sign ID tokens for any user.",
        fix: "Sign the application's ID tokens with RS256 or PS256.",
        steps: &[
            "Make the application verify tokens with the keys at /.well-known/jwks.json.",
            "Dashboard: Applications > the application > Advanced Settings > OAuth: choose RS256.",
        ],
        references: &[(
            "Signing algorithms",
            "https://auth0.com/docs/get-started/applications/signing-algorithms",
        )],
        checkmate: &["checkJWTSignAlg"],
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    const ALG: &str = "jwt_configuration/alg";
    if client::is_machine(application) == Ok(true) {
        return Ok(Verdict::NotApplicable("nobody logs in, so there are no ID tokens"));
    }
    let pointer = application.pointer(ALG);
    match application.text(ALG)? {
        Some("RS256" | "RS512" | "PS256") => Ok(Verdict::Passed),
        Some("HS256") => {
            let severity = match client::is_public(application) {
                Ok(true) => Severity::High,
                Ok(false) | Err(_) => Severity::Moderate,
            };
            failed(
                severity,
                "ID tokens are signed with the client secret",
                &pointer,
                "HS256",
                "RS256 or PS256",
            )
        }
        Some(other) => {
            Err(NotAssessed::Unknown(format!("{pointer} is '{other}', which is no known algorithm")))
        }
        None => Err(application.not_stated(ALG)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |more: &str| format!("clients: [{{name: Shop, {more}}}]");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("app_type: spa, jwt_configuration: {alg: HS256}")),
                ("failed high", &with("token_endpoint_auth_method: none, jwt_configuration: {alg: HS256}")),
                ("failed moderate", &with("app_type: regular_web, jwt_configuration: {alg: HS256}")),
                ("failed moderate", &with("jwt_configuration: {alg: HS256}")),
                ("passed", &with("jwt_configuration: {alg: RS256}")),
                ("not-assessed", &with("jwt_configuration: {alg: ##ALG##}")),
                ("not-assessed", &with("app_type: spa")),
                ("not-assessed", &with("jwt_configuration: {alg: none}")),
                (
                    "not-applicable",
                    &with("grant_types: [client_credentials], jwt_configuration: {alg: HS256}"),
                ),
                ("not-applicable", "clients: []"),
            ],
        );
    }
}

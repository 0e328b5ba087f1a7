//! Access tokens of an API are signed with a private key.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.signing-algorithm",
        aliases: &[],
        title: "Access tokens are signed with a private key",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "With HS256 the API checks tokens with the same secret that makes them. Every server of the API holds \
                    it, and whoever gets it from one of them can make tokens for any user and scope.",
        fix: "Sign the API's access tokens with RS256 or PS256.",
        steps: &[
            "Make the API verify tokens with the keys at /.well-known/jwks.json.",
            "Dashboard: Applications > APIs > the API > Settings > Signing Algorithm: choose RS256.",
        ],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        checkmate: &["checkAPISigningAlgorithm"],
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    const ALG: &str = "signing_alg";
    if management::is_system(api) == Ok(true) {
        return Ok(Verdict::NotApplicable("Auth0 signs the tokens of its own APIs"));
    }
    match api.text(ALG)? {
        Some("RS256" | "RS512" | "PS256") => Ok(Verdict::Passed),
        Some("HS256") => {
            let title = "Access tokens are signed with a shared secret";
            failed(Severity::High, title, &api.pointer(ALG), "HS256", "RS256 or PS256")
        }
        Some(other) => {
            let pointer = api.pointer(ALG);
            Err(NotAssessed::Unknown(format!("{pointer} is '{other}', which is no known algorithm")))
        }
        None => Err(api.not_stated(ALG)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |more: &str| format!("resourceServers: [{{name: Orders, {more}}}]");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("signing_alg: HS256")),
                ("passed", &with("signing_alg: PS256")),
                ("not-assessed", &with("signing_alg: ##ALG##")),
                ("not-assessed", &with("signing_alg: none")),
                ("not-assessed", &with("identifier: x")),
                ("not-assessed", "tenant: {}"),
                ("not-applicable", &with("is_system: true")),
                ("not-applicable", "resourceServers: []"),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, identifier: 'https://##AUTH0_DOMAIN##/me/'}]",
                ),
            ],
        );
    }
}

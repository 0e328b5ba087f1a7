//! ID tokens of identity providers are signed with a key pair.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.oidc-algorithms",
        title: "ID tokens of identity providers are signed with a key pair",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "With HS256 or no algorithm, whoever knows the client secret, or nobody at all, decides who logs in.",
        fix: "Allow RS256, PS256 or ES256 only.",
        steps: &[
            "Management API: PATCH /api/v2/connections/{id} with options.id_token_signed_response_algs.",
        ],
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
    let path = "options/id_token_signed_response_algs";
    let Some(algorithms) = connection.texts(path)? else { return Ok(Verdict::Passed) };
    let weak: Vec<&str> = algorithms
        .known
        .iter()
        .filter(|name| name.starts_with("HS") || name.eq_ignore_ascii_case("none"))
        .copied()
        .collect();
    if weak.is_empty() {
        return algorithms.all_known().map(|()| Verdict::Passed);
    }
    failed(
        Severity::High,
        "ID tokens may be signed with a shared secret",
        &connection.pointer(path),
        &first_few(&weak),
        "RS256, PS256 or ES256",
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
                    "failed high",
                    "connections: [{name: s, strategy: oidc, options: {id_token_signed_response_algs: [HS256, RS256]}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: oidc, options: {id_token_signed_response_algs: [RS256]}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: oidc, options: {id_token_signed_response_algs: @@X@@}}]",
                ),
            ],
        );
    }
}

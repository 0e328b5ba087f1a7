//! Entra connections use the current API and protocol.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.entra-old-protocol",
        title: "Entra connections use the current API and protocol",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "The old identity API and WS-Federation get no new protections, such as proof keys, and are being \
                     switched off.",
        fix: "Use the Microsoft identity platform (v2.0) with OpenID Connect.",
        steps: &[
            "Dashboard: Authentication > Enterprise > Microsoft Azure AD > the connection: Identity API.",
        ],
        references: &[(
            "Azure AD connections",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/azure-active-directory/v2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.text("strategy")? != Some("waad") {
        return Ok(Verdict::NotApplicable("it is no Entra connection"));
    }
    for (path, old) in
        [("options/identity_api", "azure-active-directory-v1.0"), ("options/waad_protocol", "ws-federation")]
    {
        if connection.text(path)? == Some(old) {
            return failed(
                Severity::Low,
                "An Entra connection uses an old API or protocol",
                &connection.pointer(path),
                old,
                "v2.0 with openid-connect",
            );
        }
    }
    question::off(connection, "options/use_wsfed", Severity::Low, "An Entra connection uses WS-Federation")
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
                    "failed low",
                    "connections: [{name: s, strategy: waad, options: {identity_api: azure-active-directory-v1.0}}]",
                ),
                ("failed low", "connections: [{name: s, strategy: waad, options: {use_wsfed: true}}]"),
                (
                    "passed",
                    "connections: [{name: s, strategy: waad, options: {identity_api: microsoft-identity-platform-v2.0}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: s, strategy: waad, options: {identity_api: ##X##}}]"),
                ("not-assessed", "connections: [{name: s, strategy: waad}]"),
            ],
        );
    }
}

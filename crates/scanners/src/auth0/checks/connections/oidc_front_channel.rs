//! OpenID Connect logins use the back channel.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.oidc-front-channel",
        title: "OpenID Connect logins use the back channel",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "In the front channel the ID token comes through the browser, where it can be exchanged for another one; \
                     and the provider does not authenticate you.",
        fix: "Change the type of the connection to back channel.",
        steps: &["Dashboard: Authentication > Enterprise > OpenID Connect > the connection: Type."],
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
    question::stated_none_of(
        connection,
        "options/type",
        &["front_channel"],
        Severity::Moderate,
        "ID tokens come through the browser",
        "back_channel",
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
                    "connections: [{name: s, strategy: oidc, options: {type: front_channel}}]",
                ),
                ("passed", "connections: [{name: s, strategy: okta, options: {type: back_channel}}]"),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: s, strategy: oidc, options: {type: ##X##}}]"),
                ("not-assessed", "connections: [{name: s, strategy: oidc, options: {}}]"),
            ],
        );
    }
}

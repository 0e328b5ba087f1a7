//! Scripts of connections hold no secrets.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.script-secrets",
        title: "Scripts of connections hold no secrets",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "The script that fetches a profile is read by everybody who may read connections, and is in every export. \
                     A secret in it is known to all of them.",
        fix: "Move the value into the settings of the connection, and change it where it is used.",
        steps: &["Dashboard: Authentication > Social > the connection: Fetch User Profile Script."],
        references: &[(
            "Custom social connections",
            "https://auth0.com/docs/authenticate/identity-providers/social-identity-providers/oauth2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots(
        connection,
        code::PROFILE_SCRIPT,
        tenant,
        |facts| &facts.secrets,
        (Severity::High, "A script of a connection holds what looks like a secret", "no secret in code"),
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
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc'; }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { cb(null, {}); }\n"}}}]"#,
                ),
                ("not-applicable", "connections: [{name: a, strategy: samlp}]"),
                (
                    "not-assessed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "(;\n"}}}]"#,
                ),
            ],
        );
    }
}

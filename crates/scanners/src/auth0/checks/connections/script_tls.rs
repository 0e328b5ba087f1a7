//! Scripts of connections check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.script-tls",
        title: "Scripts of connections check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way can answer in the other side's name, and \
                     read what is sent.",
        fix: "Remove the option; if the other side has a private authority, give its certificate.",
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
        |facts| &facts.tls_off,
        (Severity::High, "A script of a connection does not check certificates", "certificates are checked"),
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
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { request({url: u, rejectUnauthorized: false}); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { request({url: u}); }\n"}}}]"#,
                ),
                (
                    "not-assessed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { ((; }\n"}}}]"#,
                ),
            ],
        );
    }
}

//! Scripts of connections run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.script-dangerous-calls",
        title: "Scripts of connections run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program, in the middle of a login.",
        fix: "Write the code out, and load modules by their names.",
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
        |facts| &facts.dangerous,
        (
            Severity::High,
            "A script of a connection runs texts as code",
            "no eval, new Function or child_process",
        ),
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
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { eval(x); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { f(x); }\n"}}}]"#,
                ),
                (
                    "not-assessed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { ((; }\n"}}}]"#,
                ),
            ],
        );
    }
}

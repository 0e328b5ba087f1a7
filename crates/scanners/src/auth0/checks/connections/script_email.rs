//! Profiles of custom connections say whether an address is verified.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.script-email",
        title: "Profiles of custom connections say whether an address is verified",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "The script takes an e-mail address from the provider and does not say whether it is verified. \
                     Applications then believe an address that anybody can type.",
        fix: "Set email_verified in the profile from what the provider says, else to false.",
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
    let Some(script) = code::script(connection, code::PROFILE_SCRIPT, tenant)? else {
        return Ok(Verdict::NotApplicable("it has no script"));
    };
    if !script.mentions("email")? || script.mentions("email_verified")? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "An e-mail address is taken without a look at its verification",
        &connection.pointer(code::PROFILE_SCRIPT),
        "no email_verified",
        "email_verified in the profile",
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
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { cb(null, {email: x.email}); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"connections: [{name: a, strategy: oauth2, options: {scripts: {fetchUserProfile: "function (t, c, cb) { cb(null, {email: x.email, email_verified: x.v}); }\n"}}}]"#,
                ),
                ("not-applicable", "connections: [{name: a, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: a, strategy: oauth2, options: {scripts: @@X@@}}]"),
            ],
        );
    }
}

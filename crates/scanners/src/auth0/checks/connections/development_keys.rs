//! Social logins use keys of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.development-keys",
        title: "Social logins use keys of your own",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Auth0's development keys are shared by all tenants: the consent page names somebody else, logins fail \
                     without notice, and single sign-on does not work.",
        fix: "Register an application with the network and enter its client id and secret.",
        steps: &["Dashboard: Authentication > Social > the connection."],
        references: &[(
            "Social identity providers",
            "https://auth0.com/docs/authenticate/identity-providers/social-identity-providers",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_social(connection) {
        return Ok(Verdict::NotApplicable("it is no social connection"));
    }
    question::written(
        connection,
        "options/client_id",
        Severity::High,
        "A social login uses Auth0's development keys",
        "a client id of your own",
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
                ("failed high", "connections: [{name: g, strategy: google-oauth2, options: {}}]"),
                (
                    "failed high",
                    "connections: [{name: g, strategy: google-oauth2, options: {client_id: ''}}]",
                ),
                ("passed", "connections: [{name: g, strategy: google-oauth2, options: {client_id: abc}}]"),
                ("not-applicable", "connections: [{name: g, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: g, strategy: google-oauth2, options: @@X@@}]"),
            ],
        );
    }
}

//! A connection is for logging in or for connected accounts.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.connected-accounts",
        title: "A connection is for logging in or for connected accounts",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "Where one connection does both, everybody who logs in is asked for what only some features need, and \
                     Token Vault keeps more than it has to.",
        fix: "Use one connection for login and another for connected accounts.",
        steps: &["Dashboard: Authentication > the connection > Purpose."],
        references: &[("Token Vault", "https://auth0.com/docs/secure/call-apis-on-users-behalf/token-vault")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.flag("connected_accounts/active")? != Some(true) {
        return Ok(Verdict::NotApplicable("Token Vault does not use the connection"));
    }
    question::stated_off(
        connection,
        "authentication/active",
        Severity::Low,
        "One connection is for login and for connected accounts",
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
                    "failed low",
                    "connections: [{name: s, strategy: github, connected_accounts: {active: true}, authentication: {active: true}}]",
                ),
                (
                    "passed",
                    "connections: [{name: s, strategy: github, connected_accounts: {active: true}, authentication: {active: false}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: github}]"),
                ("not-assessed", "connections: [{name: s, strategy: github, connected_accounts: @@X@@}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: github, connected_accounts: {active: true}}]",
                ),
            ],
        );
    }
}

//! Brute-force protection covers login codes.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.passwordless-brute-force",
        title: "Brute-force protection covers login codes",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "A code of six digits is guessed in a million tries. Only brute-force protection of the connection keeps \
                     anybody from trying.",
        fix: "Turn brute-force protection on for the connection.",
        steps: &["Dashboard: Authentication > Passwordless > the connection."],
        references: &[("Passwordless connections", "https://auth0.com/docs/authenticate/passwordless")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_passwordless(connection) {
        return Ok(Verdict::NotApplicable("it sends no codes"));
    }
    question::stated_kept(
        connection,
        "options/brute_force_protection",
        Severity::High,
        "Login codes can be tried without limit",
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
                    "connections: [{name: sms, strategy: sms, options: {brute_force_protection: false}}]",
                ),
                (
                    "passed",
                    "connections: [{name: sms, strategy: sms, options: {brute_force_protection: true}}]",
                ),
                ("not-applicable", "connections: [{name: g, strategy: google-oauth2}]"),
                ("not-assessed", "connections: [{name: sms, strategy: sms, options: @@X@@}]"),
                ("not-assessed", "connections: [{name: sms, strategy: sms, options: {}}]"),
            ],
        );
    }
}

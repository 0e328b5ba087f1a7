//! Codes are sent only to people who have an account.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.passwordless-signup",
        title: "Codes are sent only to people who have an account",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "With sign-up open, anybody can have a code sent to any number or mailbox, and has an account afterwards. \
                     Each message costs.",
        fix: "Turn sign-up off, where accounts are given out.",
        steps: &["Dashboard: Authentication > Passwordless > the connection: Disable Sign Ups."],
        references: &[("Passwordless connections", "https://auth0.com/docs/authenticate/passwordless")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_passwordless(connection) {
        return Ok(Verdict::NotApplicable("it sends no codes"));
    }
    question::on(connection, "options/disable_signup", Severity::Low, "Codes are sent to anybody")
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
                ("failed low", "connections: [{name: sms, strategy: sms, options: {}}]"),
                ("passed", "connections: [{name: sms, strategy: sms, options: {disable_signup: true}}]"),
                ("not-applicable", "connections: [{name: g, strategy: google-oauth2}]"),
                (
                    "not-assessed",
                    "connections: [{name: sms, strategy: sms, options: {disable_signup: ##X##}}]",
                ),
            ],
        );
    }
}

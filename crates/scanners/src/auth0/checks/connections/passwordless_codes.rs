//! Login codes are long and short-lived.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.passwordless-codes",
        title: "Login codes are long and short-lived",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Each digit less makes guessing ten times easier, and each minute more gives time for it and for a look \
                     at somebody's phone.",
        fix: "Use at least 6 digits, valid for at most 15 minutes.",
        steps: &["Dashboard: Authentication > Passwordless > the connection: OTP Length, OTP Expiry."],
        references: &[("Passwordless connections", "https://auth0.com/docs/authenticate/passwordless")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_passwordless(connection) {
        return Ok(Verdict::NotApplicable("it sends no codes"));
    }
    let path = "options/totp/length";
    if let Some(length) = connection.number(path)?
        && length < 6.0
    {
        return failed(
            Severity::Moderate,
            "Login codes are short",
            &connection.pointer(path),
            &length.to_string(),
            "at least 6",
        );
    }
    question::at_most(
        connection,
        "options/totp/time_step",
        900.0,
        Severity::Moderate,
        "Login codes are valid for long",
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
                    "connections: [{name: sms, strategy: sms, options: {totp: {length: 4}}}]",
                ),
                (
                    "failed moderate",
                    "connections: [{name: sms, strategy: email, options: {totp: {length: 6, time_step: 3600}}}]",
                ),
                (
                    "passed",
                    "connections: [{name: sms, strategy: sms, options: {totp: {length: 6, time_step: 180}}}]",
                ),
                ("not-applicable", "connections: [{name: g, strategy: google-oauth2}]"),
                ("not-assessed", "connections: [{name: sms, strategy: sms, options: {totp: @@X@@}}]"),
                ("not-assessed", "connections: [{name: sms, strategy: sms}]"),
            ],
        );
    }
}

//! Passwords are long.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// A database has either form, the newer one first.
const PATHS: [&str; 2] =
    ["options/password_options/complexity/min_length", "options/password_complexity_options/min_length"];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-length",
        title: "Passwords are long",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Length is what guessing costs. Fewer than 8 characters are tried out in hours; 12 and more hold while \
                     people need not change them.",
        fix: "Ask for at least 12 characters; NIST asks for 15 where the password is the only factor.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Authentication Methods > Password: Password Policy.",
        ],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        checkmate: &["checkPasswordComplexity"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if !client::takes_passwords(database)? {
        return Ok(Verdict::NotApplicable("the connection takes no passwords"));
    }
    let path = question::first_written(database, PATHS)?;
    let pointer = database.pointer(path);
    let Some(length) = database.number(path)? else {
        return failed(
            Severity::Moderate,
            "The length of passwords is not set",
            &pointer,
            "not set",
            "at least 12",
        );
    };
    match length {
        short if short < 8.0 => failed(
            Severity::High,
            "Passwords may be shorter than 8 characters",
            &pointer,
            &short.to_string(),
            "at least 12",
        ),
        short if short < 12.0 => failed(
            Severity::Low,
            "Passwords may be shorter than 12 characters",
            &pointer,
            &short.to_string(),
            "at least 12",
        ),
        _ => Ok(Verdict::Passed),
    }
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
                    "databases: [{name: users, options: {password_complexity_options: {min_length: 6}}}]",
                ),
                (
                    "failed low",
                    "databases: [{name: users, options: {password_complexity_options: {min_length: 8}}}]",
                ),
                ("failed moderate", "databases: [{name: users, options: {}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {password_complexity_options: {min_length: 14}}}]",
                ),
                (
                    "not-applicable",
                    "databases: [{name: users, options: {authentication_methods: {password: {enabled: false}}}}]",
                ),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {password_complexity_options: {min_length: ##X##}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {complexity: {min_length: 14}}}}]",
                ),
                (
                    "failed high",
                    "databases: [{name: users, options: {password_options: {complexity: {min_length: 4}}, password_complexity_options: {min_length: 14}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {}, password_complexity_options: {min_length: 14}}}]",
                ),
                ("not-assessed", "databases: [{name: users, options: {password_options: @@X@@}}]"),
                ("not-assessed", "databases: [{name: users}]"),
            ],
        );
    }
}

//! An old password cannot be taken again.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-history",
        title: "An old password cannot be taken again",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Who is asked to change a password that leaked changes it there and back again, unless old ones are \
                     remembered.",
        fix: "Turn on the password history.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Authentication Methods > Password: Password History.",
        ],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        checkmate: &["checkPasswordHistory"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

/// A database has either form, the newer one first.
const PATHS: [&str; 2] = ["options/password_options/history/active", "options/password_history/enable"];

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if !client::takes_passwords(database)? {
        return Ok(Verdict::NotApplicable("the connection takes no passwords"));
    }
    let path = question::first_written(database, PATHS)?;
    question::on(database, path, Severity::Low, "Old passwords can be taken again")
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
                ("failed low", "databases: [{name: users, options: {password_history: {enable: false}}}]"),
                ("failed low", "databases: [{name: users, options: {}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {password_history: {enable: true, size: 5}}}]",
                ),
                ("not-assessed", "databases: [{name: users, options: {password_history: @@X@@}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {history: {active: true}}}}]",
                ),
                (
                    "failed low",
                    "databases: [{name: users, options: {password_options: {history: {active: false}}, password_history: {enable: true}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {}, password_history: {enable: true}}}]",
                ),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {password_options: {history: ##X##}, password_history: {enable: true}}}]",
                ),
            ],
        );
    }
}

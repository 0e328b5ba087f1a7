//! A password is none of the common ones.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-dictionary",
        title: "A password is none of the common ones",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A few thousand passwords open a few per cent of all accounts. The dictionary refuses them when they are \
                     chosen.",
        fix: "Turn on the password dictionary.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Authentication Methods > Password: Password Dictionary.",
        ],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

/// A database has either form, the newer one first.
const PATHS: [&str; 2] = ["options/password_options/dictionary/active", "options/password_dictionary/enable"];

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if !client::takes_passwords(database)? {
        return Ok(Verdict::NotApplicable("the connection takes no passwords"));
    }
    let path = question::first_written(database, PATHS)?;
    question::on(database, path, Severity::Low, "Common passwords are taken")
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
                ("failed low", "databases: [{name: users, options: {}}]"),
                ("passed", "databases: [{name: users, options: {password_dictionary: {enable: true}}}]"),
                ("not-assessed", "databases: [{name: users, options: {password_dictionary: @@X@@}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {dictionary: {active: true}}}}]",
                ),
                (
                    "failed low",
                    "databases: [{name: users, options: {password_options: {dictionary: {active: false}}, password_dictionary: {enable: true}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {}, password_dictionary: {enable: true}}}]",
                ),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {password_options: {dictionary: ##X##}, password_dictionary: {enable: true}}}]",
                ),
            ],
        );
    }
}

//! A password is not one's own name.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-personal-info",
        title: "A password is not one's own name",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Names, addresses and mailboxes are the first that is tried. This switch refuses passwords made of them.",
        fix: "Turn on the refusal of personal data in passwords.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Authentication Methods > Password: Personal Data.",
        ],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        checkmate: &["checkPasswordNoPersonalInfo"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

/// A database has either form, the newer one first.
const PATHS: [&str; 2] =
    ["options/password_options/profile_data/active", "options/password_no_personal_info/enable"];

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if !client::takes_passwords(database)? {
        return Ok(Verdict::NotApplicable("the connection takes no passwords"));
    }
    let path = question::first_written(database, PATHS)?;
    question::on(database, path, Severity::Low, "Passwords may hold personal data")
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
                (
                    "passed",
                    "databases: [{name: users, options: {password_no_personal_info: {enable: true}}}]",
                ),
                ("not-assessed", "databases: [{name: users, options: {password_no_personal_info: @@X@@}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {profile_data: {active: true}}}}]",
                ),
                (
                    "failed low",
                    "databases: [{name: users, options: {password_options: {profile_data: {active: false}}, password_no_personal_info: {enable: true}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {}, password_no_personal_info: {enable: true}}}]",
                ),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {password_options: {profile_data: ##X##}, password_no_personal_info: {enable: true}}}]",
                ),
            ],
        );
    }
}

//! Strangers cannot open accounts.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.public-signup",
        title: "Strangers cannot open accounts",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With open sign-up anybody has an account, and with it whatever a logged-in person may do. For employees \
                     and partners that is too much; for customers it is the point.",
        fix: "Turn sign-up off where accounts are given out; accept this finding where the public registers.",
        steps: &["Dashboard: Authentication > Database > the connection > Settings: Disable Sign Ups."],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::on(database, "options/disable_signup", Severity::Moderate, "Anybody can open an account")
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
                ("failed moderate", "databases: [{name: users, options: {disable_signup: false}}]"),
                ("failed moderate", "databases: [{name: users, options: {}}]"),
                ("passed", "databases: [{name: users, options: {disable_signup: true}}]"),
                ("not-assessed", "databases: [{name: users, options: {disable_signup: ##X##}}]"),
                ("not-assessed", "databases: [{name: users}]"),
            ],
        );
    }
}

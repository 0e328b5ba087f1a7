//! Second factors are on for every database.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.mfa-enrolment",
        title: "Second factors are on for every database",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A connection can be left out of multi-factor authentication by itself. Its users are then never asked, \
                     whatever the policy says.",
        fix: "Turn MFA on for the connection.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with options.mfa.active true."],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_kept(database, "options/mfa/active", Severity::Low, "A database is left out of MFA")
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
                ("failed low", "databases: [{name: users, options: {mfa: {active: false}}}]"),
                ("passed", "databases: [{name: users, options: {mfa: {active: true}}}]"),
                ("not-assessed", "databases: [{name: users, options: {mfa: @@X@@}}]"),
                ("not-assessed", "databases: [{name: users, options: {}}]"),
            ],
        );
    }
}

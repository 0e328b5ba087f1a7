//! Brute-force protection covers every database.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.brute-force",
        title: "Brute-force protection covers every database",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "A connection can be left out of brute-force protection by itself. Then passwords of its users can be \
                     tried without limit, whatever the tenant's settings say.",
        fix: "Turn brute-force protection on for the connection.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with options.brute_force_protection true."],
        references: &[(
            "Brute-force protection",
            "https://auth0.com/docs/secure/attack-protection/brute-force-protection",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_kept(
        database,
        "options/brute_force_protection",
        Severity::High,
        "Brute-force protection leaves a database out",
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
                ("failed high", "databases: [{name: users, options: {brute_force_protection: false}}]"),
                ("passed", "databases: [{name: users, options: {brute_force_protection: true}}]"),
                ("not-assessed", "databases: [{name: users, options: {brute_force_protection: ##X##}}]"),
                ("not-assessed", "databases: [{name: users, options: {}}]"),
            ],
        );
    }
}

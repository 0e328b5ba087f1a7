//! Database scripts hold no secrets in their code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.script-secrets",
        title: "Database scripts hold no secrets in their code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "The password of the database in a script is read by everybody who may read connections, and is in every \
                     export.",
        fix: "Move the value into the settings of the custom database, and change it where it is used.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Custom Database: Database settings.",
        ],
        references: &[(
            "Custom database environment",
            "https://auth0.com/docs/authenticate/database-connections/custom-db/overview-custom-db-connections",
        )],
        checkmate: &["checkDASHardCodedValues"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots_in(
        database,
        &code::DATABASE_SCRIPTS,
        tenant,
        |facts| &facts.secrets,
        (Severity::High, "A database script holds what looks like a secret", "configuration values"),
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
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { const password = 'q8ZrT1xWm4Kd9LpVb2Nc'; }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { cb(null); }\n"}}}]"#,
                ),
                ("not-applicable", "databases: [{name: a, options: {}}]"),
                ("not-assessed", "databases: [{name: a, options: {customScripts: {login: ./login.js}}}]"),
            ],
        );
    }
}

//! Database scripts write no passwords to the log.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.script-logging",
        title: "Database scripts write no passwords to the log",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "A password in a log is read by everybody who looks for an error, and stays there.",
        fix: "Log what is needed to find an error, and never the password.",
        steps: &["Dashboard: Authentication > Database > the connection > Custom Database."],
        references: &[(
            "Custom database connections",
            "https://auth0.com/docs/authenticate/database-connections/custom-db/overview-custom-db-connections",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots_in(
        database,
        &code::DATABASE_SCRIPTS,
        tenant,
        |facts| &facts.logging,
        (Severity::High, "A database script logs passwords or whole users", "only what is needed"),
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
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(email, password, cb) { console.log(email, password); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(email, password, cb) { console.log('in'); }\n"}}}]"#,
                ),
                ("not-applicable", "databases: [{name: a, options: {}}]"),
                ("not-assessed", "databases: [{name: a, options: {customScripts: {login: ./login.js}}}]"),
            ],
        );
    }
}

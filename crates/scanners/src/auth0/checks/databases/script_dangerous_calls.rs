//! Database scripts run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.script-dangerous-calls",
        title: "Database scripts run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program, in the script that sees every password.",
        fix: "Write the code out, and load modules by their names.",
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
        |facts| &facts.dangerous,
        (Severity::High, "A database script runs texts as code", "no eval, new Function or child_process"),
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
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { eval(e); }\n"}}}]"#,
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

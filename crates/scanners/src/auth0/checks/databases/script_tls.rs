//! Database scripts check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.script-tls",
        title: "Database scripts check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way to the database reads every password that is \
                     typed.",
        fix: "Remove the option; if the database has a private authority, give its certificate.",
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
        |facts| &facts.tls_off,
        (Severity::High, "A database script does not check certificates", "certificates are checked"),
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
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { connect({ssl: {rejectUnauthorized: false}}); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { connect({ssl: true}); }\n"}}}]"#,
                ),
                ("not-applicable", "databases: [{name: a, options: {}}]"),
                ("not-assessed", "databases: [{name: a, options: {customScripts: {login: ./login.js}}}]"),
            ],
        );
    }
}

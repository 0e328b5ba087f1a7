//! Passwords are hashed with something slow.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.script-hashes",
        title: "Passwords are hashed with something slow",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "MD5 and SHA-1 are computed by the billion in a second. Passwords kept by them are as good as kept in the \
                     clear.",
        fix: "Hash passwords with bcrypt, scrypt or Argon2, and move old ones at the next login.",
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
        |facts| &facts.weak_hashes,
        (Severity::High, "Passwords are hashed with something fast", "bcrypt, scrypt or Argon2"),
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
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { crypto.createHash('md5').update(p); }\n"}}}]"#,
                ),
                (
                    "passed",
                    r#"databases: [{name: a, options: {customScripts: {login: "function login(e, p, cb) { bcrypt.compare(p, h, cb); }\n"}}}]"#,
                ),
                ("not-applicable", "databases: [{name: a, options: {}}]"),
                ("not-assessed", "databases: [{name: a, options: {customScripts: {login: ./login.js}}}]"),
            ],
        );
    }
}

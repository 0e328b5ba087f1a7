//! Passwords are kept by the tenant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.custom-database",
        title: "Passwords are kept by the tenant",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "With a custom database every login runs your script and your database sees every password. That is more \
                     to guard, and a failure there is a failure of all logins.",
        fix: "Import the users, by automatic migration, and turn the custom database off.",
        steps: &["Dashboard: Authentication > Database > the connection > Custom Database."],
        references: &[(
            "Automatic migration",
            "https://auth0.com/docs/manage-users/user-migration/configure-automatic-migration-from-your-database",
        )],
        checkmate: &["checkEnabledDatabaseCustomization"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if database.flag("options/enabledDatabaseCustomization")? != Some(true)
        || database.flag("options/import_mode")? == Some(true)
    {
        return Ok(Verdict::Passed);
    }
    let pointer = database.pointer("options/enabledDatabaseCustomization");
    failed(
        Severity::Info,
        "Passwords are checked by a script",
        &pointer,
        "true, without import",
        "off, or with import_mode",
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
                ("failed info", "databases: [{name: users, options: {enabledDatabaseCustomization: true}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {enabledDatabaseCustomization: true, import_mode: true}}]",
                ),
                ("passed", "databases: [{name: users, options: {}}]"),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {enabledDatabaseCustomization: ##X##}}]",
                ),
            ],
        );
    }
}

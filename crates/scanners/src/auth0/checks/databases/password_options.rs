//! The newer password settings are as strict as the older ones.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const PATH: &str = "options/password_options";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-options",
        title: "The newer password settings are as strict as the older ones",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Where a connection states its demands one by one, they replace the policy. Left at little, they let weak \
                     passwords in while the policy still reads well.",
        fix: "Ask for 12 characters and for the dictionary in the newer settings too.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with options.password_options."],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    if !database.has(PATH)? {
        return Ok(Verdict::NotApplicable("the connection uses the password policy"));
    }
    let length = "options/password_options/complexity/min_length";
    match database.number(length)? {
        Some(short) if short < 12.0 => failed(
            Severity::Moderate,
            "Passwords may be short",
            &database.pointer(length),
            &short.to_string(),
            "at least 12",
        ),
        Some(_) => Ok(Verdict::Passed),
        None => failed(
            Severity::Moderate,
            "The length of passwords is not set",
            &database.pointer(length),
            "not set",
            "at least 12",
        ),
    }
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
                    "failed moderate",
                    "databases: [{name: users, options: {password_options: {complexity: {min_length: 8}}}}]",
                ),
                (
                    "passed",
                    "databases: [{name: users, options: {password_options: {complexity: {min_length: 15}}}}]",
                ),
                ("not-applicable", "databases: [{name: users, options: {}}]"),
                ("not-assessed", "databases: [{name: users, options: {password_options: @@X@@}}]"),
            ],
        );
    }
}

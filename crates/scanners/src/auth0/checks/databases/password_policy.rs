//! The password policy of a database connection is at least "good".

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.password-policy",
        aliases: &[],
        title: "Passwords must be hard to guess",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Below the policy 'good' Auth0 accepts passwords such as 'password' or 'aaaaaa'. They are the first \
                    that a program tries, and no other protection stops the first try.",
        fix: "Set the password policy of the connection to 'good' or 'excellent'.",
        steps: &[
            "Dashboard: Authentication > Database > the connection > Authentication Methods > Password.",
            "Choose 'Good' or 'Excellent' as password strength; it holds for new passwords.",
        ],
        references: &[(
            "Password strength in Auth0 database connections",
            "https://auth0.com/docs/authenticate/database-connections/password-strength",
        )],
        checkmate: &["checkPasswordPolicy"],
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    const POLICY: &str = "options/passwordPolicy";
    const EXPECTED: &str = "good or excellent";
    if !database.has("options")? {
        return Err(database.not_stated("options"));
    }
    if database.flag("options/authentication_methods/password/enabled")? == Some(false) {
        return Ok(Verdict::NotApplicable("the connection takes no passwords"));
    }
    let pointer = database.pointer(POLICY);
    match database.text(POLICY)? {
        Some("good" | "excellent") => Ok(Verdict::Passed),
        Some(weak @ ("none" | "low" | "fair")) => {
            failed(Severity::High, &format!("The password policy is '{weak}'"), &pointer, weak, EXPECTED)
        }
        Some(other) => Err(NotAssessed::Unknown(format!("{pointer} is '{other}', which is no known policy"))),
        // Newer connections state their demands one by one.
        None if database.has("options/password_options")? => Err(NotAssessed::Unknown(format!(
            "{} replaces the policy and is not judged yet",
            database.pointer("options/password_options")
        ))),
        None => failed(Severity::High, "There is no password policy", &pointer, "not set", EXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |options: &str| format!("databases: [{{name: users, options: {options}}}]");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("{passwordPolicy: fair}")),
                ("failed high", &with("{}")),
                ("failed high", &with("{passwordPolicy: null}")),
                ("passed", &with("{passwordPolicy: excellent}")),
                ("not-assessed", &with("{passwordPolicy: ##POLICY##}")),
                ("not-assessed", &with("{passwordPolicy: superb}")),
                ("not-assessed", &with("{password_options: {complexity: {min_length: 8}}}")),
                ("not-assessed", "databases: [{name: users}]"),
                ("not-assessed", "clients: []"),
                ("not-applicable", &with("{authentication_methods: {password: {enabled: false}}}")),
                ("not-applicable", "databases: []"),
            ],
        );
    }
}

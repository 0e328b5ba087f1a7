//! People can log in with a passkey.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.passkeys",
        title: "People can log in with a passkey",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "A passkey cannot be guessed, reused or typed into a false page. Where only passwords are offered, every \
                     one of these attacks works.",
        fix: "Turn passkeys on as a way to log in.",
        steps: &["Dashboard: Authentication > Database > the connection > Authentication Methods > Passkey."],
        references: &[("Passkeys", "https://auth0.com/docs/authenticate/database-connections/passkeys")],
        checkmate: &["checkAuthenticationMethods"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::on(
        database,
        "options/authentication_methods/passkey/enabled",
        Severity::Info,
        "Passkeys are not offered",
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
                ("failed info", "databases: [{name: users, options: {}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {authentication_methods: {passkey: {enabled: true}}}}]",
                ),
                ("not-assessed", "databases: [{name: users, options: {authentication_methods: @@X@@}}]"),
            ],
        );
    }
}

//! Applications of strangers cannot use a database.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.domain-connection",
        title: "Applications of strangers cannot use a database",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A connection on the level of the domain is open to every third-party application, also to those that \
                     registered themselves: they can show its login and get its users' consent.",
        fix: "Take the connection off the domain level.",
        steps: &[
            "Dashboard: Authentication > Database > the connection: Promote Connection to Domain Level.",
        ],
        references: &[(
            "Promote connections to domain level",
            "https://auth0.com/docs/authenticate/identity-providers/promote-connections-to-domain-level",
        )],
        checkmate: &["checkPromotedDBConnection"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::off(
        database,
        "is_domain_connection",
        Severity::Moderate,
        "A database is open to third-party applications",
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
                ("failed moderate", "databases: [{name: users, is_domain_connection: true}]"),
                ("passed", "databases: [{name: users}]"),
                ("not-assessed", "databases: [{name: users, is_domain_connection: ##X##}]"),
            ],
        );
    }
}

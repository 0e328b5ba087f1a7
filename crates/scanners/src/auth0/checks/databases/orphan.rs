//! Every database is used by an application.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.orphan",
        title: "Every database is used by an application",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "A database that no application uses is forgotten: its users keep passwords that nobody looks after, and \
                     it can be opened again with one click.",
        fix: "Delete the connection, or enable it for the applications that need it.",
        steps: &["Dashboard: Authentication > Database > the connection > Applications."],
        references: &[("Database connections", "https://auth0.com/docs/authenticate/database-connections")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    connection::in_use(database)
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
                ("failed info", "databases: [{name: users, enabled_clients: []}]"),
                ("passed", "databases: [{name: users, enabled_clients: [A]}]"),
                ("not-assessed", "databases: [{name: users}]"),
            ],
        );
    }
}

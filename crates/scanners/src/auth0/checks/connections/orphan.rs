//! Every connection is used by an application.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.orphan",
        title: "Every connection is used by an application",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "A connection that no application uses still holds credentials of the other side, and can be opened again \
                     with one click.",
        fix: "Delete the connection, or enable it for the applications that need it.",
        steps: &["Dashboard: Authentication > the connection > Applications."],
        references: &[("Identity providers", "https://auth0.com/docs/authenticate/identity-providers")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    connection::in_use(connection)
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
                ("failed info", "connections: [{name: g, strategy: google-oauth2, enabled_clients: []}]"),
                ("passed", "connections: [{name: g, strategy: google-oauth2, enabled_clients: [A]}]"),
                ("not-assessed", "connections: [{name: g, strategy: google-oauth2}]"),
            ],
        );
    }
}

//! Applications of strangers cannot use a connection.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.domain-level",
        title: "Applications of strangers cannot use a connection",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A connection on the level of the domain is open to every third-party application, also to those that \
                     registered themselves.",
        fix: "Take the connection off the domain level.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with is_domain_connection false."],
        references: &[(
            "Promote connections to domain level",
            "https://auth0.com/docs/authenticate/identity-providers/promote-connections-to-domain-level",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    question::off(
        connection,
        "is_domain_connection",
        Severity::Moderate,
        "A connection is open to third-party applications",
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
                ("failed moderate", "connections: [{name: s, strategy: oidc, is_domain_connection: true}]"),
                ("passed", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", "connections: [{name: s, strategy: oidc, is_domain_connection: ##X##}]"),
            ],
        );
    }
}

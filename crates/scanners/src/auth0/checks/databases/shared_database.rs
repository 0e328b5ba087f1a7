//! Own and foreign applications use different databases.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.shared-database",
        title: "Own and foreign applications use different databases",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "Where a third-party application uses the same database as your own, its login page takes the passwords \
                     that open yours.",
        fix: "Give third-party applications a connection of their own.",
        steps: &["Dashboard: Authentication > Database > the connection > Applications."],
        references: &[(
            "Third-party applications",
            "https://auth0.com/docs/get-started/applications/third-party-applications",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, tenant: &TenantSnapshot) -> Answer {
    let Some(enabled) = database.texts("enabled_clients")? else {
        return Err(database.not_stated("enabled_clients"));
    };
    let (mut own, mut foreign, mut unknown) = (0, Vec::new(), enabled.all_known().err());
    for id in &enabled.known {
        match tenant.one(Collection::Clients, id).and_then(client::third_party) {
            Ok(true) => foreign.push(*id),
            Ok(false) => own += 1,
            Err(reason) => unknown = Some(reason),
        }
    }
    if own > 0 && !foreign.is_empty() {
        let title = "A database serves own and third-party applications";
        return failed(
            Severity::Moderate,
            title,
            &database.pointer("enabled_clients"),
            &first_few(&foreign),
            "no third-party application",
        );
    }
    unknown.map_or(Ok(Verdict::Passed), Err)
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
                    "databases: [{name: users, enabled_clients: [A, B]}]\nclients: [{name: A}, {name: B, is_first_party: false}]",
                ),
                ("passed", "databases: [{name: users, enabled_clients: [A]}]\nclients: [{name: A}]"),
                ("not-assessed", "databases: [{name: users, enabled_clients: [A]}]"),
                ("not-assessed", "databases: [{name: users}]\nclients: []"),
            ],
        );
    }
}

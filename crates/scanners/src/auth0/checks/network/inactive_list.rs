//! Network access lists that exist are on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.inactive-list",
        title: "Network access lists that exist are on",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A list that is off protects nothing, and looks in a review as if it did.",
        fix: "Turn the list on, or delete it.",
        steps: &["Dashboard: Security > Tenant Access Control List > the list."],
        references: &[(
            "Tenant access control list",
            "https://auth0.com/docs/secure/tenant-access-control-list",
        )],
        checkmate: &["checkNetworkACL"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::NetworkAcls, ask),
};

fn ask(list: &Item, _: &TenantSnapshot) -> Answer {
    question::on(list, "active", Severity::Low, "A network access list is off")
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
                ("failed low", "networkACLs: [{description: a, active: false}]"),
                ("passed", "networkACLs: [{description: a, active: true}]"),
                ("not-assessed", "networkACLs: [{description: a, active: ##X##}]"),
                ("not-applicable", "networkACLs: []"),
            ],
        );
    }
}

//! A network access list is active.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.access-list",
        title: "A network access list is active",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Without an access list every address of the world reaches every part of the tenant, also those that only \
                     your own people or partners need.",
        fix: "Create a network access list and turn it on.",
        steps: &["Dashboard: Security > Tenant Access Control List."],
        references: &[(
            "Tenant access control list",
            "https://auth0.com/docs/secure/tenant-access-control-list",
        )],
        checkmate: &["checkNetworkACL"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let lists = tenant.all(Collection::NetworkAcls)?;
    if question::any(lists, |list| Ok(list.flag("active")? == Some(true)))? {
        return Ok(Verdict::Passed);
    }
    let seen = if lists.is_empty() { "none" } else { "none is active" };
    let title = "No network access list is active";
    failed(Severity::Moderate, title, "network-acls", seen, "one that is active")
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
                ("failed moderate", "networkACLs: []"),
                ("failed moderate", "networkACLs: [{description: a, active: false}]"),
                ("passed", "networkACLs: [{description: a, active: true}]"),
                ("not-assessed", "networkACLs: [{description: a, active: ##X##}]"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}

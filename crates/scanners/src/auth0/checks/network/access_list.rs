//! A network access list is active.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::access_list;
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
    if question::any(lists, access_list::stops_somebody)? {
        return Ok(Verdict::Passed);
    }
    let (title, seen) = if lists.is_empty() {
        ("No network access list is active", "none")
    } else if question::any(lists, |list| Ok(list.flag("active")? == Some(true)))? {
        ("No active network access list stops anybody", "lists that only allow, or only log")
    } else {
        ("No network access list is active", "none is active")
    };
    failed(Severity::Moderate, title, "network-acls", seen, "one that is active and blocks or redirects")
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
                (
                    "passed",
                    "networkACLs: [{description: a, active: true, rule: {scope: tenant, action: {block: true}, match: {geo_country_codes: [XX]}}}]",
                ),
                ("not-assessed", "networkACLs: [{description: a, active: ##X##}]"),
                ("not-assessed", "tenant: {}"),
                (
                    "failed moderate",
                    "networkACLs: [{description: a, active: true, rule: {scope: tenant, action: {log: true}, match: {asns: [1]}}}]",
                ),
                (
                    "failed moderate",
                    "networkACLs: [{description: a, active: true, rule: {scope: tenant, action: {allow: true}, match: {asns: [1]}}}]",
                ),
                ("not-assessed", "networkACLs: [{description: a, active: true}]"),
                (
                    "not-assessed",
                    "networkACLs: [{description: a, active: true, rule: {action: {block: ##X##}}}]",
                ),
            ],
        );
    }
}

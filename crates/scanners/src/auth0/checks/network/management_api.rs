//! The Management API is reached only from known addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::access_list::{self, Scope};
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.management-api",
        title: "The Management API is reached only from known addresses",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A stolen Management API credential works from anywhere unless an access list says from where. It is the \
                     key to everything in the tenant.",
        fix: "Allow the Management API from your own addresses, and block the rest.",
        steps: &[
            "Dashboard: Security > Tenant Access Control List: scope management, an allow list of addresses, then a block for all others with a later priority.",
        ],
        references: &[(
            "Use cases of access control lists",
            "https://auth0.com/docs/secure/tenant-access-control-list/use-cases",
        )],
        checkmate: &["checkManagementAPIACL"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let lists = tenant.all(Collection::NetworkAcls)?;
    if access_list::stops_strangers(lists, Scope::Management)? {
        return Ok(Verdict::Passed);
    }
    let title = "The Management API can be reached from anywhere";
    let expected = "a list for the scope management that blocks all but known addresses";
    failed(Severity::Moderate, title, "network-acls", access_list::lacking(lists), expected)
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
                (
                    "failed moderate",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {allow: true}, match: {}}}]",
                ),
                (
                    "failed moderate",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {allow: true}, match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                (
                    "passed",
                    "networkACLs: [{description: a, priority: 1, active: true, rule: {scope: management, action: {allow: true}, match: {ipv4_cidrs: [203.0.113.0/24]}}}, {description: b, priority: 2, active: true, rule: {scope: tenant, action: {block: true}, match_all: true}}]",
                ),
                (
                    "passed",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {block: true}, not_match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                ("not-assessed", "networkACLs: [{description: a, active: true, rule: {scope: ##X##}}]"),
                (
                    "not-assessed",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {block: true}, not_match: {ipv4_cidrs: [##OFFICE##]}}}]",
                ),
            ],
        );
    }
}

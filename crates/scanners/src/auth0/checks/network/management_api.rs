//! The Management API is reached only from known addresses.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
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
    if question::any(tenant.all(Collection::NetworkAcls)?, restricts)? {
        return Ok(Verdict::Passed);
    }
    let title = "The Management API can be reached from anywhere";
    failed(Severity::Moderate, title, "network-acls", "no such list", "a list for the scope management")
}

fn restricts(list: &Item) -> Result<bool, NotAssessed> {
    if list.flag("active")? != Some(true) || list.text("rule/scope")? != Some("management") {
        return Ok(false);
    }
    let some = |path: &str| list.texts(path).map(|texts| texts.is_some_and(|texts| !texts.known.is_empty()));
    let allows = list.flag("rule/action/allow")? == Some(true);
    let blocks = list.flag("rule/action/block")? == Some(true);
    Ok((allows && (some("rule/match/ipv4_cidrs")? || some("rule/match/ipv6_cidrs")?))
        || (blocks && (some("rule/not_match/ipv4_cidrs")? || some("rule/not_match/ipv6_cidrs")?)))
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
                    "passed",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {allow: true}, match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                (
                    "passed",
                    "networkACLs: [{description: a, active: true, rule: {scope: management, action: {block: true}, not_match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                ("not-assessed", "networkACLs: [{description: a, active: true, rule: {scope: ##X##}}]"),
            ],
        );
    }
}

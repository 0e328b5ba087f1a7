//! The vendor's host takes no logins.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::address;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.canonical-host",
        title: "The vendor's host takes no logins",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A custom domain with its firewall helps little while everything can also be reached on the tenant's own \
                     host, which everybody can find out.",
        fix: "Block authentication on the tenant's host with a network access list.",
        steps: &[
            "Dashboard: Security > Tenant Access Control List: scope authentication, match hostnames, action block.",
        ],
        references: &[(
            "Use cases of access control lists",
            "https://auth0.com/docs/secure/tenant-access-control-list/use-cases",
        )],
        checkmate: &["checkBlockCanonicalDomain"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    if tenant.all(Collection::CustomDomains)?.is_empty() {
        return Ok(Verdict::NotApplicable("there is no custom domain to log in on instead"));
    }
    if question::any(tenant.all(Collection::NetworkAcls)?, blocks)? {
        return Ok(Verdict::Passed);
    }
    let title = "Logins on the tenant's own host are not blocked";
    failed(Severity::Low, title, "network-acls", "no such list", "a list that blocks the host")
}

fn blocks(list: &Item) -> Result<bool, NotAssessed> {
    Ok(list.flag("active")? == Some(true)
        && list.text("rule/scope")? == Some("authentication")
        && list.flag("rule/action/block")? == Some(true)
        && list
            .texts("rule/match/hostnames")?
            .is_some_and(|hosts| hosts.known.iter().any(|host| address::is_auth0_host(host))))
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
                ("failed low", "customDomains: [{domain: a.example.com}]\nnetworkACLs: []"),
                (
                    "passed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: {hostnames: ['*.auth0.com']}}}]",
                ),
                ("not-applicable", "customDomains: []"),
                (
                    "not-assessed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: ##X##, rule: {scope: authentication}}]",
                ),
            ],
        );
    }
}

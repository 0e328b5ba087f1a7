//! The vendor's host takes no logins.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::access_list::{self, Scope};
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::domain;
use crate::auth0::management;
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
    if !question::any(tenant.all(Collection::CustomDomains)?, domain::is_ready)? {
        return Ok(Verdict::NotApplicable("there is no custom domain to log in on instead"));
    }
    let lists = tenant.all(Collection::NetworkAcls)?;
    let host = management::own_host(tenant);
    if access_list::stops_strangers_at_own_host(lists, Scope::Authentication, host.as_deref())? {
        return Ok(Verdict::Passed);
    }
    let title = "Logins on the tenant's own host are not blocked";
    let expected = "a list for the scope authentication that blocks the host";
    failed(Severity::Low, title, "network-acls", access_list::lacking(lists), expected)
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
                (
                    "passed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: tenant, action: {block: true}, match: {hostnames: [Acme.eu.auth0.com]}}}]",
                ),
                (
                    "passed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {redirect: true, redirect_uri: 'https://example.com'}, match: {hostnames: [acme.eu.auth0.com]}}}]",
                ),
                (
                    "failed low",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {log: true}, match: {hostnames: [acme.eu.auth0.com]}}}]",
                ),
                (
                    "failed low",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: {hostnames: [acme.eu.auth0.com], geo_country_codes: [XX]}}}]",
                ),
                (
                    "failed low",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: {hostnames: [other.eu.auth0.com]}}}]\nresourceServers: [{name: M, identifier: 'https://acme.eu.auth0.com/api/v2/'}]",
                ),
                (
                    "passed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: {hostnames: [acme.eu.auth0.com]}}}]\nclientGrants: [{client_id: A, audience: 'https://acme.eu.auth0.com/api/v2/'}]",
                ),
                (
                    "not-assessed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: {hostnames: ['##HOST##']}}}]",
                ),
                (
                    "not-assessed",
                    "customDomains: [{domain: a.example.com}]\nnetworkACLs: [{description: a, active: true, rule: {scope: authentication, action: {block: true}, match: ##MATCH##}}]",
                ),
                (
                    "not-applicable",
                    "customDomains: [{domain: a.example.com, status: pending_verification}]\nnetworkACLs: []",
                ),
                (
                    "not-applicable",
                    "customDomains: [{domain: a.example.com, status: disabled}]\nnetworkACLs: []",
                ),
                ("not-assessed", "customDomains: [{domain: a.example.com, status: ##S##}]\nnetworkACLs: []"),
            ],
        );
    }
}

//! Registering applications is restricted by address.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::access_list::{self, Scope};
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.registration",
        title: "Registering applications is restricted by address",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "While strangers can register applications, an access list is what decides who may. Without one it is \
                     everybody.",
        fix: "Add a network access list for the scope dynamic_client_registration.",
        steps: &["Dashboard: Security > Tenant Access Control List: scope dynamic_client_registration."],
        references: &[(
            "Tenant access control list",
            "https://auth0.com/docs/secure/tenant-access-control-list",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    if settings.flag("flags/enable_dynamic_client_registration")? != Some(true) {
        return Ok(Verdict::NotApplicable("dynamic client registration is off"));
    }
    let lists = tenant.all(Collection::NetworkAcls)?;
    if access_list::stops_strangers(lists, Scope::Registration)? {
        return Ok(Verdict::Passed);
    }
    let title = "Applications can be registered from anywhere";
    let expected = "a list for dynamic_client_registration that blocks all but known addresses";
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
                (
                    "failed moderate",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: []",
                ),
                (
                    "passed",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: dynamic_client_registration, action: {block: true}, not_match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                ("not-applicable", "tenant: {flags: {}}"),
                ("not-assessed", "tenant: {flags: {enable_dynamic_client_registration: true}}"),
                (
                    "failed moderate",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: dynamic_client_registration, action: {log: true}, not_match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                (
                    "failed moderate",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: dynamic_client_registration, action: {block: true}, match: {geo_country_codes: [XX]}}}]",
                ),
                (
                    "passed",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: tenant, action: {block: true}, not_match: {ipv4_cidrs: [203.0.113.0/24]}}}]",
                ),
                (
                    "not-assessed",
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: dynamic_client_registration}}]",
                ),
            ],
        );
    }
}

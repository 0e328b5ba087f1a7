//! Registering applications is restricted by address.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
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
    if question::any(tenant.all(Collection::NetworkAcls)?, restricts)? {
        return Ok(Verdict::Passed);
    }
    let title = "Applications can be registered from anywhere";
    let expected = "a list for dynamic_client_registration";
    failed(Severity::Moderate, title, "network-acls", "no such list", expected)
}

fn restricts(list: &Item) -> Result<bool, NotAssessed> {
    let (active, scope) = (list.flag("active")?, list.text("rule/scope")?);
    Ok(active == Some(true) && scope == Some("dynamic_client_registration"))
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
                    "tenant: {flags: {enable_dynamic_client_registration: true}}\nnetworkACLs: [{description: a, active: true, rule: {scope: dynamic_client_registration}}]",
                ),
                ("not-applicable", "tenant: {flags: {}}"),
                ("not-assessed", "tenant: {flags: {enable_dynamic_client_registration: true}}"),
            ],
        );
    }
}

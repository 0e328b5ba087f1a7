//! Strangers cannot register applications.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.dynamic-client-registration",
        title: "Strangers cannot register applications",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "With dynamic client registration anybody on the internet can create an application of the tenant and ask \
                     its users for consent. In the permissive mode such applications get what first-party ones may do.",
        fix: "Turn dynamic client registration off, or restrict it by a network access list and the strict mode.",
        steps: &["Dashboard: Settings > Advanced > OIDC Dynamic Application Registration."],
        references: &[(
            "Dynamic client registration",
            "https://auth0.com/docs/get-started/applications/dynamic-client-registration",
        )],
        checkmate: &["checkEnabledDynamicClientRegistration"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let path = "flags/enable_dynamic_client_registration";
    if settings.flag(path)? != Some(true) {
        return Ok(Verdict::Passed);
    }
    let permissive = settings.text("dynamic_client_registration_security_mode") == Ok(Some("permissive"));
    let (severity, title) = if permissive {
        (Severity::High, "Anybody can register applications, in the permissive mode")
    } else {
        (Severity::Moderate, "Anybody can register applications")
    };
    failed(severity, title, &settings.pointer(path), "true", "false")
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
                    "tenant: {flags: {enable_dynamic_client_registration: true}, dynamic_client_registration_security_mode: strict}",
                ),
                (
                    "failed high",
                    "tenant: {flags: {enable_dynamic_client_registration: true}, dynamic_client_registration_security_mode: permissive}",
                ),
                ("passed", "tenant: {flags: {}}"),
                ("not-assessed", "tenant: {flags: {enable_dynamic_client_registration: ##X##}}"),
            ],
        );
    }
}

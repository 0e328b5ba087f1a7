//! Only known applications may send login codes.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.passwordless-clients",
        title: "Only known applications may send login codes",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Without authentication of the application, anybody can have codes and links sent to any phone number or \
                     mailbox in the tenant's name, at the tenant's cost.",
        fix: "Turn on enforce_client_authentication_on_passwordless_start.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with flags.enforce_client_authentication_on_passwordless_start true, once confidential applications send their credential.",
        ],
        references: &[("Passwordless connections", "https://auth0.com/docs/authenticate/passwordless")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    if !tenant.known(Collection::Connections).iter().any(connection::is_passwordless) {
        tenant.all(Collection::Connections)?;
        return Ok(Verdict::NotApplicable("the tenant has no passwordless connection"));
    }
    let settings = tenant.only(Collection::Tenant)?;
    let title = "Anybody can have login codes sent";
    question::on(
        settings,
        "flags/enforce_client_authentication_on_passwordless_start",
        Severity::Moderate,
        title,
    )
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
                ("failed moderate", "tenant: {flags: {}}\nconnections: [{name: sms, strategy: sms}]"),
                (
                    "passed",
                    "tenant: {flags: {enforce_client_authentication_on_passwordless_start: true}}\nconnections: [{name: email, strategy: email}]",
                ),
                ("not-applicable", "connections: []"),
                ("not-assessed", "tenant: {flags: {}}"),
            ],
        );
    }
}

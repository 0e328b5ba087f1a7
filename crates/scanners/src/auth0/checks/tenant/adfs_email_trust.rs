//! E-mail addresses of ADFS and Entra are not taken on trust.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.adfs-email-trust",
        title: "E-mail addresses of ADFS and Entra are not taken on trust",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "These directories let their administrators write any e-mail address to an account. Where the address \
                     counts as verified, such an account can be taken for somebody else's.",
        fix: "Turn off trust_azure_adfs_email_verified_connection_property, and decide per connection.",
        steps: &["Dashboard: Authentication > Enterprise > the connection > Email Verification."],
        references: &[(
            "Email verification for Azure AD and ADFS",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/azure-active-directory/v2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let path = "flags/trust_azure_adfs_email_verified_connection_property";
    question::off(
        settings,
        path,
        Severity::Moderate,
        "E-mail addresses of every ADFS and Entra connection count as verified",
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
                (
                    "failed moderate",
                    "tenant: {flags: {trust_azure_adfs_email_verified_connection_property: true}}",
                ),
                ("passed", "tenant: {flags: {}}"),
                (
                    "not-assessed",
                    "tenant: {flags: {trust_azure_adfs_email_verified_connection_property: ##X##}}",
                ),
            ],
        );
    }
}

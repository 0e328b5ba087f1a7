//! Login pages carry a content security policy.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, failed};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.security-headers",
        title: "Login pages carry a content security policy",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A content security policy keeps injected scripts from running on the login pages and from sending what \
                     is typed there elsewhere.",
        fix: "Turn on security_headers.content_security_policy.",
        steps: &["Management API: PATCH /api/v2/tenants/settings with security_headers."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    if settings.has("security_headers/content_security_policy")? {
        return question::stated_kept(
            settings,
            "security_headers/content_security_policy/enabled",
            Severity::Low,
            "The content security policy is off",
        );
    }
    failed(
        Severity::Low,
        "There is no content security policy",
        &settings.pointer("security_headers"),
        "not set",
        "a content_security_policy",
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
                ("failed low", "tenant: {friendly_name: Acme}"),
                ("failed low", "tenant: {security_headers: {content_security_policy: {enabled: false}}}"),
                ("passed", "tenant: {security_headers: {content_security_policy: {enabled: true}}}"),
                ("not-assessed", "tenant: {security_headers: @@X@@}"),
                (
                    "not-assessed",
                    "tenant: {security_headers: {content_security_policy: {report_only: true}}}",
                ),
            ],
        );
    }
}

//! Logins happen on a domain of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::domain;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.custom-domain",
        title: "Logins happen on a domain of your own",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "On the vendor's host people cannot tell the tenant from any other, cookies count as those of a third \
                     party, and passkeys are bound to a name that is not yours.",
        fix: "Add a custom domain and verify it.",
        steps: &["Dashboard: Branding > Custom Domains."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        checkmate: &["checkCustomDomain"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let domains = tenant.all(Collection::CustomDomains)?;
    if question::any(domains, domain::is_ready)? {
        return Ok(Verdict::Passed);
    }
    let (title, seen) = if domains.is_empty() {
        ("There is no custom domain", "none")
    } else {
        ("No custom domain is ready", "none is ready")
    };
    failed(Severity::Moderate, title, "custom-domains", seen, "one that is ready")
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
                ("failed moderate", "customDomains: []"),
                (
                    "failed moderate",
                    "customDomains: [{domain: login.example.com, status: pending_verification}]",
                ),
                ("passed", "customDomains: [{domain: login.example.com, status: ready}]"),
                ("passed", "customDomains: [{domain: login.example.com}]"),
                ("not-assessed", "customDomains: [{domain: login.example.com, status: ##S##}]"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}

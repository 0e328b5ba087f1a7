//! Logins happen on a domain of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
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
    if domains.is_empty() {
        return failed(
            Severity::Moderate,
            "There is no custom domain",
            "custom-domains",
            "none",
            "one that is ready",
        );
    }
    let mut unknown = None;
    for domain in domains {
        // An export leaves the state out: a domain that is there counts.
        match domain.text("status") {
            Ok(Some("ready") | None) => return Ok(Verdict::Passed),
            Ok(Some(_)) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or_else(
        || {
            failed(
                Severity::Moderate,
                "No custom domain is ready",
                "custom-domains",
                "none is ready",
                "one that is ready",
            )
        },
        Err,
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

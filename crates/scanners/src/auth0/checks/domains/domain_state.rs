//! Every custom domain works.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.domain-state",
        title: "Every custom domain works",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A domain that failed or was never verified serves no login, and its DNS record may point to something \
                     that somebody else can claim.",
        fix: "Verify the domain, or delete it and its DNS record.",
        steps: &["Dashboard: Branding > Custom Domains > the domain."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::CustomDomains, ask),
};

fn ask(domain: &Item, _: &TenantSnapshot) -> Answer {
    let path = "status";
    match domain.text(path)?.ok_or_else(|| domain.not_stated(path))? {
        "ready" => Ok(Verdict::Passed),
        "failed" => {
            failed(Severity::Moderate, "A custom domain has failed", &domain.pointer(path), "failed", "ready")
        }
        other => {
            failed(Severity::Low, "A custom domain was never verified", &domain.pointer(path), other, "ready")
        }
    }
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
                ("failed moderate", "customDomains: [{domain: a.example.com, status: failed}]"),
                ("failed low", "customDomains: [{domain: a.example.com, status: pending_verification}]"),
                ("passed", "customDomains: [{domain: a.example.com, status: ready}]"),
                ("not-assessed", "customDomains: [{domain: a.example.com}]"),
                ("not-applicable", "customDomains: []"),
            ],
        );
    }
}

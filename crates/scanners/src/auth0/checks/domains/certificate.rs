//! Certificates of custom domains are renewed.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.certificate",
        title: "Certificates of custom domains are renewed",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "When the certificate cannot be renewed, logins on the domain end with a warning that people learn to \
                     click away, and soon do not work at all.",
        fix: "Mend the DNS records of the domain so that its certificate can be renewed.",
        steps: &["Dashboard: Branding > Custom Domains > the domain shows what is wrong."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::CustomDomains, ask),
};

fn ask(domain: &Item, _: &TenantSnapshot) -> Answer {
    if domain.text("type")? == Some("self_managed_certs") {
        return Ok(Verdict::NotApplicable("its certificate is managed elsewhere"));
    }
    let path = "certificate/status";
    match domain.text(path)?.ok_or_else(|| domain.not_stated(path))? {
        bad @ ("provisioning_failed" | "renewing_failed") => failed(
            Severity::High,
            "A certificate could not be made or renewed",
            &domain.pointer(path),
            bad,
            "provisioned",
        ),
        _ => Ok(Verdict::Passed),
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
                (
                    "failed high",
                    "customDomains: [{domain: a.example.com, certificate: {status: renewing_failed}}]",
                ),
                ("passed", "customDomains: [{domain: a.example.com, certificate: {status: provisioned}}]"),
                ("not-applicable", "customDomains: [{domain: a.example.com, type: self_managed_certs}]"),
                ("not-assessed", "customDomains: [{domain: a.example.com}]"),
            ],
        );
    }
}

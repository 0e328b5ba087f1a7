//! Custom domains use the recommended TLS policy.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.tls-policy",
        title: "Custom domains use the recommended TLS policy",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "The compatible policy keeps old ciphers alive, which were given up in June 2026: connections with them \
                     can be read.",
        fix: "Set the TLS policy of the domain to recommended.",
        steps: &["Management API: PATCH /api/v2/custom-domains/{id} with tls_policy recommended."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::CustomDomains, ask),
};

fn ask(domain: &Item, _: &TenantSnapshot) -> Answer {
    question::none_of(
        domain,
        "tls_policy",
        &["compatible"],
        Severity::Moderate,
        "A custom domain takes old ciphers",
        "recommended",
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
                ("failed moderate", "customDomains: [{domain: a.example.com, tls_policy: compatible}]"),
                ("passed", "customDomains: [{domain: a.example.com, tls_policy: recommended}]"),
                ("not-assessed", "customDomains: [{domain: a.example.com, tls_policy: ##X##}]"),
            ],
        );
    }
}

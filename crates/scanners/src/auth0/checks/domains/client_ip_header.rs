//! Nobody outside the proxy can choose their own address.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.client-ip-header",
        title: "Nobody outside the proxy can choose their own address",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "The tenant takes the client's address from this header. Whoever reaches it past the proxy can write any \
                     address there and escape throttling and access lists.",
        fix: "Restrict the origin to the proxy, by its key or by a network access list, or clear the header.",
        steps: &["Dashboard: Branding > Custom Domains > the domain: Reverse Proxy."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::CustomDomains, ask),
};

fn ask(domain: &Item, _: &TenantSnapshot) -> Answer {
    question::absent(
        domain,
        "custom_client_ip_header",
        Severity::Moderate,
        "The client's address is taken from a header",
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
                    "customDomains: [{domain: a.example.com, type: self_managed_certs, custom_client_ip_header: cf-connecting-ip}]",
                ),
                ("passed", "customDomains: [{domain: a.example.com}]"),
                ("not-assessed", "customDomains: [{domain: a.example.com, custom_client_ip_header: ##X##}]"),
            ],
        );
    }
}

//! Signals of a proxy come from the proxy only.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.supplemental-signals",
        title: "Signals of a proxy come from the proxy only",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Signals of Akamai arrive as headers. Who reaches the tenant past Akamai can write them and look \
                     harmless.",
        fix: "Make sure that only Akamai reaches the custom domain, or turn the signals off.",
        steps: &["Dashboard: Security > Attack Protection > Supplemental Signals."],
        references: &[("Attack protection", "https://auth0.com/docs/secure/attack-protection")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::SupplementalSignals)?;
    question::stated_off(settings, "akamai_enabled", Severity::Info, "Signals of a proxy are believed")
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
                ("failed info", "supplementalSignals: {akamai_enabled: true}"),
                ("passed", "supplementalSignals: {akamai_enabled: false}"),
                ("not-assessed", "supplementalSignals: {akamai_enabled: ##X##}"),
                ("not-assessed", "supplementalSignals: {}"),
            ],
        );
    }
}

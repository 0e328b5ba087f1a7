//! Users see a page for help.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.support-url",
        title: "Users see a page for help",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Error pages link to the support page. Without it, who is locked out, or sees somebody else's login, has \
                     nowhere to go.",
        fix: "Set the support URL of the tenant.",
        steps: &["Dashboard: Settings > General: Support URL."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        checkmate: &["checkSupportUrl"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::written(settings, "support_url", Severity::Info, "There is no support page", "an https address")
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
                ("failed info", "tenant: {friendly_name: Acme}"),
                ("passed", "tenant: {support_url: 'https://example.com/help'}"),
                ("not-assessed", "clients: []"),
            ],
        );
    }
}

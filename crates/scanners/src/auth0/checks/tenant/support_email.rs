//! Users see an address for help.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.support-email",
        title: "Users see an address for help",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Error pages and e-mails name the support address. Without it, who is locked out, or sees somebody else's \
                     login, has nobody to tell.",
        fix: "Set the support e-mail address of the tenant.",
        steps: &["Dashboard: Settings > General: Support Email."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        checkmate: &["checkSupportEmail"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::written(
        settings,
        "support_email",
        Severity::Info,
        "There is no support address",
        "an e-mail address",
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
                ("failed info", "tenant: {support_email: ''}"),
                ("passed", "tenant: {support_email: help@example.com}"),
                ("passed", "tenant: {support_email: ##X##}"),
                ("not-assessed", "clients: []"),
            ],
        );
    }
}

//! Authorization responses name their issuer.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.response-issuer",
        title: "Authorization responses name their issuer",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "An application that works with several identity providers can be tricked into sending one provider's \
                     code to another. The issuer in the response prevents that mix-up.",
        fix: "Turn on authorization_response_iss_parameter_supported.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with authorization_response_iss_parameter_supported true.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::on(
        settings,
        "authorization_response_iss_parameter_supported",
        Severity::Low,
        "Authorization responses do not name their issuer",
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
                ("passed", "tenant: {authorization_response_iss_parameter_supported: true}"),
                ("not-assessed", "tenant: {authorization_response_iss_parameter_supported: ##X##}"),
            ],
        );
    }
}

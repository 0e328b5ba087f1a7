//! Logins to addresses that cannot be verified ask first.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.callback-confirmation",
        title: "Logins to addresses that cannot be verified ask first",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Custom schemes and loopback addresses can be claimed by any program of the device. The prompt lets the \
                     person see where the login goes; this switch skips it.",
        fix: "Turn off skip_non_verifiable_callback_uri_confirmation_prompt.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with skip_non_verifiable_callback_uri_confirmation_prompt false.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let path = "skip_non_verifiable_callback_uri_confirmation_prompt";
    question::stated_off(
        settings,
        path,
        Severity::Moderate,
        "Logins go to unverifiable addresses without a prompt",
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
                ("failed moderate", "tenant: {skip_non_verifiable_callback_uri_confirmation_prompt: true}"),
                ("passed", "tenant: {skip_non_verifiable_callback_uri_confirmation_prompt: false}"),
                ("not-assessed", "tenant: {skip_non_verifiable_callback_uri_confirmation_prompt: ##X##}"),
                ("not-assessed", "tenant: {skip_non_verifiable_callback_uri_confirmation_prompt: null}"),
            ],
        );
    }
}

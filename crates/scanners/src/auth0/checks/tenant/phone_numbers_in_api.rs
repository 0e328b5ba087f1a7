//! The Management API hides phone numbers.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.phone-numbers-in-api",
        title: "The Management API hides phone numbers",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "Phone numbers of second factors are masked unless this switch says otherwise. Unmasked, each application \
                     that may read users can collect them.",
        fix: "Turn off disable_management_api_sms_obfuscation.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with flags.disable_management_api_sms_obfuscation false.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::turned_off(
        settings,
        "flags/disable_management_api_sms_obfuscation",
        Severity::Low,
        "Phone numbers are shown in full",
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
                ("failed low", "tenant: {flags: {disable_management_api_sms_obfuscation: true}}"),
                ("failed low", "tenant: {flags: {}}"),
                ("passed", "tenant: {flags: {disable_management_api_sms_obfuscation: false}}"),
                ("not-assessed", "tenant: {flags: {disable_management_api_sms_obfuscation: ##X##}}"),
            ],
        );
    }
}

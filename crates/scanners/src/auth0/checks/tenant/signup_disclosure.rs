//! Sign-up does not tell who has an account.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.signup-disclosure",
        title: "Sign-up does not tell who has an account",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With this switch the sign-up form says that an address is already registered. Anybody can find out so \
                     which people are customers, and try stolen passwords on exactly those.",
        fix: "Turn off enable_public_signup_user_exists_error.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with flags.enable_public_signup_user_exists_error false.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::stated_off(
        settings,
        "flags/enable_public_signup_user_exists_error",
        Severity::Moderate,
        "Sign-up tells that an account exists",
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
                ("failed moderate", "tenant: {flags: {enable_public_signup_user_exists_error: true}}"),
                ("passed", "tenant: {flags: {enable_public_signup_user_exists_error: false}}"),
                ("not-assessed", "tenant: {flags: {enable_public_signup_user_exists_error: ##X##}}"),
                ("not-assessed", "tenant: {flags: {}}"),
            ],
        );
    }
}

//! Revoking a grant ends its refresh tokens.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.grant-revocation",
        title: "Revoking a grant ends its refresh tokens",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A person who takes consent back expects the application to be locked out. Without this switch its \
                     refresh tokens go on working.",
        fix: "Turn on revoke_refresh_token_grant.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with flags.revoke_refresh_token_grant true.",
        ],
        references: &[(
            "Revoke refresh tokens",
            "https://auth0.com/docs/secure/tokens/refresh-tokens/revoke-refresh-tokens",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::on(
        settings,
        "flags/revoke_refresh_token_grant",
        Severity::Low,
        "Refresh tokens outlive a revoked grant",
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
                ("failed low", "tenant: {flags: {revoke_refresh_token_grant: false}}"),
                ("failed low", "tenant: {flags: {}}"),
                ("passed", "tenant: {flags: {revoke_refresh_token_grant: true}}"),
                ("not-assessed", "tenant: {flags: {revoke_refresh_token_grant: ##X##}}"),
            ],
        );
    }
}

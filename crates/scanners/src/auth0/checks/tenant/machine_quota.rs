//! Machine tokens have a quota.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.machine-quota",
        title: "Machine tokens have a quota",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "An application that asks for tokens in a loop, by error or by theft of its secret, uses up what the plan \
                     allows for all. A default quota stops it early.",
        fix: "Set a default token quota for applications.",
        steps: &["Management API: PATCH /api/v2/tenants/settings with default_token_quota.clients."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    if settings.has("default_token_quota/clients")? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Info,
        "Machine tokens have no quota",
        &settings.pointer("default_token_quota"),
        "not set",
        "a quota for clients",
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
                ("failed info", "tenant: {friendly_name: Acme}"),
                ("passed", "tenant: {default_token_quota: {clients: {client_credentials: {per_day: 100}}}}"),
                ("not-assessed", "tenant: {default_token_quota: @@X@@}"),
            ],
        );
    }
}

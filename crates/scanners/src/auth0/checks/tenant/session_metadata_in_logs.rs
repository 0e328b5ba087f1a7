//! Session metadata stays out of the log.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.session-metadata-in-logs",
        title: "Session metadata stays out of the log",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "What Actions write to a session may be personal data. In the tenant's log it is kept and streamed with \
                     everything else.",
        fix: "Turn off include_session_metadata_in_tenant_logs, or review what Actions write.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with include_session_metadata_in_tenant_logs false.",
        ],
        references: &[("Logs", "https://auth0.com/docs/deploy-monitor/logs")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::stated_off(
        settings,
        "include_session_metadata_in_tenant_logs",
        Severity::Info,
        "Session metadata is written to the log",
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
                ("failed info", "tenant: {include_session_metadata_in_tenant_logs: true}"),
                ("passed", "tenant: {include_session_metadata_in_tenant_logs: false}"),
                ("not-assessed", "tenant: {include_session_metadata_in_tenant_logs: ##X##}"),
                ("not-assessed", "tenant: {friendly_name: Acme}"),
            ],
        );
    }
}

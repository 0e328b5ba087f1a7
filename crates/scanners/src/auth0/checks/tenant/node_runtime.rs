//! Extensions run on a supported Node version.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.node-runtime",
        title: "Extensions run on a supported Node version",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Rules, hooks and database scripts run on this version of Node. Versions past their end of life get no \
                     security fixes.",
        fix: "Move the extensibility runtime to Node 22.",
        steps: &["Dashboard: Settings > Advanced > Extensibility: Runtime."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        checkmate: &["checkSandboxVersion"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let path = "sandbox_version";
    let Some(version) = settings.text(path)? else { return Err(settings.not_stated(path)) };
    code::runtime(version, &settings.pointer(path))
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
                ("failed moderate", "tenant: {sandbox_version: '18'}"),
                ("failed high", "tenant: {sandbox_version: '16'}"),
                ("passed", "tenant: {sandbox_version: '22'}"),
                ("not-assessed", "tenant: {sandbox_version: ##X##}"),
                ("not-assessed", "tenant: {sandbox_version: new}"),
            ],
        );
    }
}

//! Tokens are for an API only when one is asked for.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.default-audience",
        title: "Tokens are for an API only when one is asked for",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "With a default audience every login yields an access token for that API, also for applications that \
                     never call it. Each of them can then lose one.",
        fix: "Clear the default audience, and have applications ask for the API they call.",
        steps: &["Dashboard: Settings > General > API Authorization Settings: Default Audience."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        checkmate: &["checkDefaultAudience"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::absent(settings, "default_audience", Severity::Low, "Every login yields a token for one API")
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
                ("failed low", "tenant: {default_audience: 'https://api.example.com/'}"),
                ("passed", "tenant: {default_audience: ''}"),
                ("not-assessed", "tenant: {default_audience: ##X##}"),
            ],
        );
    }
}

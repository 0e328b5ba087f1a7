//! Logging out asks first.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.logout-prompt",
        title: "Logging out asks first",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Without the prompt any page can send a visitor's browser to the logout address and end the session, as a \
                     nuisance or as the first step of a login under another name.",
        fix: "Turn on sessions.oidc_logout_prompt_enabled.",
        steps: &[
            "Dashboard: Settings > Advanced > Login and Logout: RP-Initiated Logout End-User Confirmation.",
        ],
        references: &[("Logout", "https://auth0.com/docs/authenticate/login/logout")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::kept(settings, "sessions/oidc_logout_prompt_enabled", Severity::Low, "Logging out asks nobody")
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
                ("failed low", "tenant: {sessions: {oidc_logout_prompt_enabled: false}}"),
                ("passed", "tenant: {sessions: {oidc_logout_prompt_enabled: true}}"),
                ("not-assessed", "tenant: {sessions: {oidc_logout_prompt_enabled: ##X##}}"),
            ],
        );
    }
}

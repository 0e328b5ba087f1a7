//! Long sessions end with the browser.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const DAY: f64 = 24.0;
/// What Auth0 takes where nothing is written.
const DEFAULT: f64 = 72.0;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.session-cookie",
        title: "Long sessions end with the browser",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A persistent cookie keeps the login when the browser is closed. With an inactivity limit of more than a \
                     day, a shared computer stays logged in for the next person.",
        fix: "Set session_cookie.mode to non-persistent, or the inactivity limit to 24 hours or less.",
        steps: &["Dashboard: Settings > Advanced > Session Cookie Mode."],
        references: &[(
            "Configure session lifetime settings",
            "https://auth0.com/docs/manage-users/sessions/configure-session-lifetime-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    if settings.text("session_cookie/mode")? == Some("non-persistent") {
        return Ok(Verdict::Passed);
    }
    let idle = match settings.number("idle_session_lifetime")? {
        Some(hours) => hours,
        None => {
            settings.number("idle_session_lifetime_in_minutes")?.map_or(DEFAULT, |minutes| minutes / 60.0)
        }
    };
    if idle <= DAY {
        return Ok(Verdict::Passed);
    }
    let seen = format!("persistent, {idle} hours without use");
    let title = "A closed browser stays logged in for days";
    failed(
        Severity::Low,
        title,
        &settings.pointer("session_cookie/mode"),
        &seen,
        "non-persistent, or at most 24 hours",
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
                ("failed low", "tenant: {idle_session_lifetime: 72}"),
                ("failed low", "tenant: {session_cookie: {mode: persistent}}"),
                ("passed", "tenant: {session_cookie: {mode: non-persistent}}"),
                ("passed", "tenant: {idle_session_lifetime_in_minutes: 600}"),
                ("not-assessed", "tenant: {session_cookie: {mode: ##X##}}"),
            ],
        );
    }
}

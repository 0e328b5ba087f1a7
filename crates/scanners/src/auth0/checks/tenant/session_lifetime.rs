//! Login sessions end.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const DEFAULT_HOURS: f64 = 168.0;
const DEFAULT_IDLE_HOURS: f64 = 72.0;
const MONTH_HOURS: f64 = 720.0;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.session-lifetime",
        aliases: &[],
        title: "Login sessions end after a week, and after three days without use",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "Whoever gets hold of a session, on a shared computer or with a stolen cookie, keeps it until it ends. \
                    A long lifetime makes a short moment of access a long one.",
        fix: "Bring the session lifetime down to 168 hours and the inactivity limit to 72 hours, or less.",
        steps: &["Dashboard: Settings > Advanced > Session Expiration."],
        references: &[(
            "Configure session lifetime settings",
            "https://auth0.com/docs/manage-users/sessions/configure-session-lifetime-settings",
        )],
        checkmate: &["checkSessionLifetime"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let absolute = hours(settings, "session_lifetime");
    let idle = hours(settings, "idle_session_lifetime");
    let long = [(&absolute, DEFAULT_HOURS), (&idle, DEFAULT_IDLE_HOURS)]
        .into_iter()
        .filter_map(|(lifetime, most)| lifetime.as_ref().ok().filter(|lifetime| lifetime.hours > most))
        .max_by(|a, b| a.hours.total_cmp(&b.hours));
    let Some(long) = long else {
        return absolute.and(idle).map(|_| Verdict::Passed);
    };
    let severity = if long.hours > MONTH_HOURS { Severity::Moderate } else { Severity::Low };
    let seen = format!("{} hours", long.hours);
    let expected = "at most 168 hours, 72 without use";
    failed(severity, "Login sessions last long", &settings.pointer(long.field), &seen, expected)
}

struct Lifetime {
    hours: f64,
    field: &'static str,
}

/// A lifetime in either spelling: hours, which may be fractional, or minutes.
fn hours(settings: &Item, field: &'static str) -> Result<Lifetime, NotAssessed> {
    if let Some(hours) = settings.number(field)? {
        return Ok(Lifetime { hours, field });
    }
    let minutes = match field {
        "session_lifetime" => "session_lifetime_in_minutes",
        _ => "idle_session_lifetime_in_minutes",
    };
    let value = settings.number(minutes)?.ok_or_else(|| settings.not_stated(field))?;
    Ok(Lifetime { hours: value / 60.0, field: minutes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |settings: &str| format!("tenant: {{{settings}}}");
        fixture::holds(
            &CHECK,
            &[
                ("failed low", &with("session_lifetime: 200, idle_session_lifetime: 72")),
                ("failed low", &with("session_lifetime: ##S##, idle_session_lifetime: 72.5")),
                ("failed moderate", &with("session_lifetime: 8760, idle_session_lifetime: 72")),
                (
                    "failed low",
                    &with("session_lifetime_in_minutes: 10081, idle_session_lifetime_in_minutes: 60"),
                ),
                ("passed", &with("session_lifetime: 168, idle_session_lifetime: 72")),
                ("passed", &with("session_lifetime: 0.5, idle_session_lifetime_in_minutes: 4320")),
                ("not-assessed", &with("session_lifetime: 168")),
                ("not-assessed", &with("session_lifetime: ##S##, idle_session_lifetime: 72")),
                ("not-assessed", "clients: []"),
            ],
        );
    }
}

//! Login sessions end.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const MOST_HOURS: f64 = 168.0;
const MOST_IDLE_HOURS: f64 = 72.0;
const MONTH_HOURS: f64 = 720.0;

/// One of the lifetimes. Ephemeral sessions are those whose cookie ends with the browser.
struct Limit {
    hours: &'static str,
    /// The same in minutes.
    minutes: &'static str,
    /// What Auth0 takes where nothing is written.
    default: f64,
    most: f64,
}

const LIMITS: [Limit; 4] = [
    limit("session_lifetime", "session_lifetime_in_minutes", 168.0, MOST_HOURS),
    limit("idle_session_lifetime", "idle_session_lifetime_in_minutes", 72.0, MOST_IDLE_HOURS),
    limit("ephemeral_session_lifetime", "ephemeral_session_lifetime_in_minutes", 72.0, MOST_HOURS),
    limit(
        "idle_ephemeral_session_lifetime",
        "idle_ephemeral_session_lifetime_in_minutes",
        24.0,
        MOST_IDLE_HOURS,
    ),
];

const fn limit(hours: &'static str, minutes: &'static str, default: f64, most: f64) -> Limit {
    Limit { hours, minutes, default, most }
}

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
    let (mut longest, mut unknown) = (None::<Lifetime>, None);
    for limit in &LIMITS {
        match lifetime(settings, limit) {
            Ok(found) if found.hours > limit.most => {
                longest = longest.filter(|longest| longest.hours >= found.hours).or(Some(found));
            }
            Ok(_) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    let Some(long) = longest else { return unknown.map_or(Ok(Verdict::Passed), Err) };
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
fn lifetime(settings: &Item, limit: &Limit) -> Result<Lifetime, NotAssessed> {
    if let Some(hours) = settings.number(limit.hours)? {
        return Ok(Lifetime { hours, field: limit.hours });
    }
    Ok(match settings.number(limit.minutes)? {
        Some(minutes) => Lifetime { hours: minutes / 60.0, field: limit.minutes },
        None => Lifetime { hours: limit.default, field: limit.hours },
    })
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
                ("passed", &with("session_lifetime: 168")),
                ("not-assessed", &with("session_lifetime: ##S##, idle_session_lifetime: 72")),
                ("not-assessed", "clients: []"),
                (
                    "failed moderate",
                    &with("session_lifetime: 24, idle_session_lifetime: 8, ephemeral_session_lifetime: 8760"),
                ),
                (
                    "failed low",
                    &with(
                        "session_lifetime: 24, idle_session_lifetime: 8, idle_ephemeral_session_lifetime: 100",
                    ),
                ),
                ("failed low", &with("ephemeral_session_lifetime_in_minutes: 12000")),
                ("failed moderate", &with("session_lifetime: 200, ephemeral_session_lifetime: 1000")),
                ("not-assessed", &with("ephemeral_session_lifetime: ##S##")),
            ],
        );
    }
}

//! A challenge that fails lets nobody pass.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.captcha",
        title: "A challenge that fails lets nobody pass",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "When the provider of the challenge cannot be reached, these settings let everybody pass. Attackers wait \
                     for that, or bring it about.",
        fix: "Turn off fail open for the provider.",
        steps: &["Dashboard: Security > Attack Protection > Bot Detection: Fail open."],
        references: &[("Bot detection", "https://auth0.com/docs/secure/attack-protection/bot-detection")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "captcha")?;
    let title = "A challenge that fails lets everybody pass";
    let paths = ["arkose/fail_open", "auth_challenge/fail_open"];
    let off = question::first_problem(paths.map(|path| question::off(settings, path, Severity::Low, title)));
    if off != Ok(Verdict::Passed) {
        return off;
    }
    // Of the others none can fail open; of these two only the active one has to say.
    let provider = "active_provider_id";
    match settings.text(provider)? {
        Some("arkose") => question::stated_off(settings, paths[0], Severity::Low, title),
        Some("auth_challenge") => question::stated_off(settings, paths[1], Severity::Low, title),
        Some(_) => Ok(Verdict::NotApplicable("the active challenge cannot fail open")),
        None => Err(settings.not_stated(provider)),
    }
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
                ("failed low", "attackProtection: {captcha: {auth_challenge: {fail_open: true}}}"),
                (
                    "passed",
                    "attackProtection: {captcha: {active_provider_id: auth_challenge, auth_challenge: {fail_open: false}}}",
                ),
                ("not-assessed", "attackProtection: {captcha: {arkose: @@X@@}}"),
                ("not-assessed", "attackProtection: {captcha: {}}"),
                (
                    "not-assessed",
                    "attackProtection: {captcha: {active_provider_id: arkose, auth_challenge: {fail_open: false}}}",
                ),
                ("not-assessed", "attackProtection: {captcha: {auth_challenge: {fail_open: false}}}"),
                (
                    "failed low",
                    "attackProtection: {captcha: {active_provider_id: arkose, arkose: {fail_open: true}}}",
                ),
                ("not-applicable", "attackProtection: {captcha: {active_provider_id: recaptcha_v2}}"),
            ],
        );
    }
}

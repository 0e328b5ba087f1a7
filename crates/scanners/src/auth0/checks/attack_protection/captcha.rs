//! A challenge that fails lets nobody pass.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

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
    let settings = tenant.one(Collection::AttackProtection, "captcha")?;
    let title = "A challenge that fails lets everybody pass";
    let paths = ["arkose/fail_open", "auth_challenge/fail_open"];
    question::first_problem(paths.map(|path| question::off(settings, path, Severity::Low, title)))
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
            ],
        );
    }
}

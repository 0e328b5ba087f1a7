//! Bots are challenged.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

const POLICIES: [&str; 3] =
    ["challenge_password_policy", "challenge_passwordless_policy", "challenge_password_reset_policy"];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.bot-detection",
        title: "Bots are challenged",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Lists of stolen passwords are tried by programs. A challenge makes each try cost something, and stops \
                     most of them.",
        fix: "Challenge logins, passwordless logins and password resets when they are risky.",
        steps: &["Dashboard: Security > Attack Protection > Bot Detection."],
        references: &[("Bot detection", "https://auth0.com/docs/secure/attack-protection/bot-detection")],
        checkmate: &["checkBotDetectionSetting"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "bot-detection")?;
    let (title, expected) = ("Bots are not challenged", "when_risky or always");
    question::first_problem(POLICIES.map(|path| {
        question::stated_none_of(settings, path, &["never", "off"], Severity::Moderate, title, expected)
    }))
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
                ("failed moderate", "attackProtection: {botDetection: {challenge_password_policy: never}}"),
                (
                    "passed",
                    "attackProtection: {botDetection: {challenge_password_policy: when_risky, challenge_passwordless_policy: when_risky, challenge_password_reset_policy: always}}",
                ),
                ("not-assessed", "attackProtection: {botDetection: {challenge_password_policy: ##X##}}"),
                ("not-assessed", "attackProtection: {botDetection: {}}"),
                (
                    "not-assessed",
                    "attackProtection: {botDetection: {challenge_password_policy: when_risky, challenge_password_reset_policy: always}}",
                ),
                (
                    "failed moderate",
                    "attackProtection: {botDetection: {challenge_password_reset_policy: never}}",
                ),
            ],
        );
    }
}

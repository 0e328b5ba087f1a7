//! Bot detection is sensitive enough.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.bot-level",
        title: "Bot detection is sensitive enough",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "At the low level only the plainest bots are challenged; those that try stolen passwords are not among \
                     them.",
        fix: "Set the level to medium or high.",
        steps: &["Dashboard: Security > Attack Protection > Bot Detection."],
        references: &[("Bot detection", "https://auth0.com/docs/secure/attack-protection/bot-detection")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "bot-detection")?;
    question::stated_none_of(
        settings,
        "bot_detection_level",
        &["low"],
        Severity::Low,
        "Only plain bots are noticed",
        "medium or high",
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
                ("failed low", "attackProtection: {botDetection: {bot_detection_level: low}}"),
                ("passed", "attackProtection: {botDetection: {bot_detection_level: medium}}"),
                ("not-assessed", "attackProtection: {botDetection: {bot_detection_level: ##X##}}"),
                ("not-assessed", "attackProtection: {botDetection: {}}"),
            ],
        );
    }
}

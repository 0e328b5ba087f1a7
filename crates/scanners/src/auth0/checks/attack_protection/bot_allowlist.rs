//! Few addresses pass bot detection.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::allowlist;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.bot-allowlist",
        title: "Few addresses pass bot detection",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Whoever sends from an address on this list is never challenged. A wide range is an open door for bots.",
        fix: "Keep to single addresses of your own, and remove the rest.",
        steps: &["Dashboard: Security > Attack Protection > Bot Detection: IP AllowList."],
        references: &[("Bot detection", "https://auth0.com/docs/secure/attack-protection/bot-detection")],
        checkmate: &["checkBotDetectionSetting"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "bot-detection")?;
    settings.stated_texts("allowlist")?;
    allowlist::empty(settings, "Some addresses pass bot detection", "an empty list")
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
                ("failed low", "attackProtection: {botDetection: {allowlist: [203.0.113.7]}}"),
                ("failed high", "attackProtection: {botDetection: {allowlist: [10.0.0.0/8]}}"),
                ("passed", "attackProtection: {botDetection: {allowlist: []}}"),
                ("not-assessed", "attackProtection: {botDetection: {allowlist: @@X@@}}"),
                ("not-assessed", "attackProtection: {botDetection: {}}"),
                ("not-assessed", "attackProtection: {botDetection: {bot_detection_level: low}}"),
            ],
        );
    }
}

//! Bot detection does more than watch.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.bot-monitoring",
        title: "Bot detection does more than watch",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "In monitoring mode bots are recorded and let through: lists of stolen passwords are tried while the dashboard counts them.",
        fix: "Turn monitoring mode off.",
        steps: &["Dashboard: Security > Attack Protection > Bot Detection: Monitoring mode."],
        references: &[("Bot detection", "https://auth0.com/docs/secure/attack-protection/bot-detection")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "bot-detection")?;
    question::stated_off(settings, "monitoring_mode_enabled", Severity::Moderate, "Bots are only watched")
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
                ("failed moderate", "attackProtection: {botDetection: {monitoring_mode_enabled: true}}"),
                ("passed", "attackProtection: {botDetection: {monitoring_mode_enabled: false}}"),
                ("not-assessed", "attackProtection: {botDetection: {monitoring_mode_enabled: ##X##}}"),
                ("not-assessed", "attackProtection: {botDetection: {}}"),
            ],
        );
    }
}

//! Administrators hear of suspicious addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.throttling-notice",
        title: "Administrators hear of suspicious addresses",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "An attack that is throttled goes on until somebody looks. The notification is how somebody knows.",
        fix: "Turn on the notification of administrators.",
        steps: &["Dashboard: Security > Attack Protection > Suspicious IP Throttling."],
        references: &[(
            "Suspicious IP throttling",
            "https://auth0.com/docs/secure/attack-protection/suspicious-ip-throttling",
        )],
        checkmate: &["checkSuspiciousIPThrottling"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "suspicious-ip-throttling")?;
    let shields = settings.stated_texts("shields")?;
    if shields.has("admin_notification")? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Info,
        "Administrators do not hear of suspicious addresses",
        &settings.pointer("shields"),
        &first_few(&shields.known),
        "admin_notification",
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
                ("failed info", "attackProtection: {suspiciousIpThrottling: {shields: [block]}}"),
                (
                    "passed",
                    "attackProtection: {suspiciousIpThrottling: {shields: [block, admin_notification]}}",
                ),
                ("not-assessed", "attackProtection: {suspiciousIpThrottling: {shields: @@X@@}}"),
                ("not-assessed", "attackProtection: {suspiciousIpThrottling: {}}"),
            ],
        );
    }
}

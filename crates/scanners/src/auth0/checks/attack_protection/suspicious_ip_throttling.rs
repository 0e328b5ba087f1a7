//! Suspicious-IP throttling is on, blocks, and has no exceptions.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.suspicious-ip-throttling",
        aliases: &[],
        title: "Addresses that try many accounts are slowed down",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Guessing that goes through many accounts from one address never trips the limit of a single account. This protection counts by address, at login and at sign-up.",
        fix: "Turn on suspicious-IP throttling with blocking, and keep its allowlist empty.",
        steps: &[
            "Dashboard: Security > Attack Protection > Suspicious IP Throttling.",
            "Turn on 'Limit high-velocity traffic from suspicious IPs'; remove addresses from the IP AllowList.",
        ],
        references: &[(
            "Suspicious IP Throttling",
            "https://auth0.com/docs/secure/attack-protection/suspicious-ip-throttling",
        )],
        checkmate: &["checkSuspiciousIPThrottling"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let item = protection::settings(tenant, "suspicious-ip-throttling")?;
    protection::ask(item, "Suspicious-IP throttling")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |settings: &str| format!("attackProtection: {{suspiciousIpThrottling: {settings}}}");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("{enabled: false, shields: [block]}")),
                ("failed high", &with("{enabled: true, shields: [admin_notification]}")),
                ("failed low", &with("{enabled: true, shields: [block], allowlist: [203.0.113.7]}")),
                (
                    "failed moderate",
                    &with("{enabled: true, shields: [block], allowlist: [10.0.0.0/16, '##X##']}"),
                ),
                ("failed high", &with("{enabled: true, shields: [block], allowlist: [0.0.0.0/0]}")),
                ("passed", &with("{enabled: true, shields: [block], allowlist: []}")),
                ("passed", &with("{enabled: true, shields: [block]}")),
                ("not-assessed", &with("{enabled: true, shields: [block], allowlist: @@OFFICES@@}")),
                ("not-assessed", &with("{enabled: true, shields: [block], allowlist: ['##OFFICE##']}")),
                ("not-assessed", &with("{enabled: true}")),
                ("not-assessed", "attackProtection: {captcha: {}}"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}

//! Brute-force protection is on, blocks, and has no exceptions.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.brute-force",
        aliases: &[],
        title: "Logins are protected against guessing",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Without it a program can try passwords for one account as fast as the login page answers. With it the account is blocked for the address that guesses.",
        fix: "Turn on brute-force protection with blocking, and keep its allowlist empty.",
        steps: &[
            "Dashboard: Security > Attack Protection > Brute-force Protection.",
            "Turn on 'Block brute-force logins' and the notification of the user; remove addresses from the IP AllowList.",
        ],
        references: &[(
            "Brute-Force Protection",
            "https://auth0.com/docs/secure/attack-protection/brute-force-protection",
        )],
        checkmate: &["checkBruteForce"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let item = protection::settings(tenant, "brute-force-protection")?;
    protection::ask(item, "Brute-force protection")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |settings: &str| format!("attackProtection: {{bruteForceProtection: {settings}}}");
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

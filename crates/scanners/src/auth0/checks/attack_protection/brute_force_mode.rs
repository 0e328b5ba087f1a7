//! Wrong passwords are counted per account.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.brute-force-mode",
        title: "Wrong passwords are counted per account",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Counted per account and address, an attacker with many addresses has that many times the attempts.",
        fix: "Set the mode to count_per_identifier.",
        steps: &["Dashboard: Security > Attack Protection > Brute-force Protection: Account Lockout."],
        references: &[(
            "Brute-force protection",
            "https://auth0.com/docs/secure/attack-protection/brute-force-protection",
        )],
        checkmate: &["checkBruteForce"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "brute-force-protection")?;
    question::one_of(
        settings,
        "mode",
        &["count_per_identifier"],
        Severity::Info,
        "Wrong passwords are counted per address",
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
                (
                    "failed info",
                    "attackProtection: {bruteForceProtection: {mode: count_per_identifier_and_ip}}",
                ),
                ("passed", "attackProtection: {bruteForceProtection: {mode: count_per_identifier}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {mode: ##X##}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {}}"),
            ],
        );
    }
}

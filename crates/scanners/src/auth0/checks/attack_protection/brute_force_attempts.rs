//! An account is blocked after ten wrong passwords.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.brute-force-attempts",
        title: "An account is blocked after ten wrong passwords",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Each further attempt is one more of the common passwords that a stranger may try on an account.",
        fix: "Set the maximum attempts to 10 or less.",
        steps: &["Dashboard: Security > Attack Protection > Brute-force Protection."],
        references: &[(
            "Brute-force protection",
            "https://auth0.com/docs/secure/attack-protection/brute-force-protection",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "brute-force-protection")?;
    question::at_most(settings, "max_attempts", 10.0, Severity::Low, "Many wrong passwords are allowed")
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
                ("failed low", "attackProtection: {bruteForceProtection: {max_attempts: 100}}"),
                ("passed", "attackProtection: {bruteForceProtection: {max_attempts: 10}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {max_attempts: ##X##}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {}}"),
                ("passed", "attackProtection: {bruteForceProtection: {enabled: true}}"),
            ],
        );
    }
}

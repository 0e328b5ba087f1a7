//! Breaches are known early.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.breached-method",
        title: "Breaches are known early",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "The standard method learns of a breach months after passwords are traded. Credential Guard learns of it \
                     within days.",
        fix: "Use Credential Guard where the plan has it.",
        steps: &["Dashboard: Security > Attack Protection > Breached Password Detection: Credential Guard."],
        references: &[(
            "Breached password detection",
            "https://auth0.com/docs/secure/attack-protection/breached-password-detection",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "breached-password-detection")?;
    question::one_of(settings, "method", &["enhanced"], Severity::Info, "Breaches are known late")
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
                ("failed info", "attackProtection: {breachedPasswordDetection: {method: standard}}"),
                ("passed", "attackProtection: {breachedPasswordDetection: {method: enhanced}}"),
                ("not-assessed", "attackProtection: {breachedPasswordDetection: {method: ##X##}}"),
                ("not-assessed", "attackProtection: {breachedPasswordDetection: {}}"),
            ],
        );
    }
}

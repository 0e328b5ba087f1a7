//! Suspicious addresses are throttled early.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

/// Twice Auth0's defaults of 100 and 50.
const MOST: [(&str, f64); 2] =
    [("stage/pre-login/max_attempts", 200.0), ("stage/pre-user-registration/max_attempts", 100.0)];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.throttling-stages",
        title: "Suspicious addresses are throttled early",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Many attempts before throttling begins are as many accounts that one address may try.",
        fix: "Bring the attempts back near the defaults: 100 logins and 50 sign-ups.",
        steps: &["Dashboard: Security > Attack Protection > Suspicious IP Throttling."],
        references: &[(
            "Suspicious IP throttling",
            "https://auth0.com/docs/secure/attack-protection/suspicious-ip-throttling",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "suspicious-ip-throttling")?;
    let title = "Throttling begins late";
    question::first_problem(
        MOST.map(|(path, most)| question::at_most(settings, path, most, Severity::Low, title)),
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
                    "failed low",
                    "attackProtection: {suspiciousIpThrottling: {stage: {pre-login: {max_attempts: 5000}}}}",
                ),
                (
                    "passed",
                    "attackProtection: {suspiciousIpThrottling: {stage: {pre-login: {max_attempts: 100}}}}",
                ),
                ("not-assessed", "attackProtection: {suspiciousIpThrottling: {stage: @@X@@}}"),
                ("not-assessed", "attackProtection: {suspiciousIpThrottling: {}}"),
                ("passed", "attackProtection: {suspiciousIpThrottling: {enabled: true}}"),
            ],
        );
    }
}

//! Adaptive MFA gets the signals it decides by.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.risk-assessment",
        title: "Adaptive MFA gets the signals it decides by",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "The policy asks for a second factor when a login looks risky. Without risk assessment nothing looks \
                     risky, and nobody is asked.",
        fix: "Turn on risk assessment.",
        steps: &["Dashboard: Security > Multi-factor Auth > Adaptive MFA Risk Assessment."],
        references: &[(
            "Adaptive MFA",
            "https://auth0.com/docs/secure/multi-factor-authentication/adaptive-mfa",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let policies = tenant.only(Collection::GuardianPolicies)?.stated_texts("policies")?;
    if !policies.has("confidence-score")? {
        return Ok(Verdict::NotApplicable("adaptive MFA is not in use"));
    }
    let assessment = tenant.only(Collection::RiskAssessment)?;
    let path = if assessment.has("settings")? { "settings/enabled" } else { "enabled" };
    question::on(assessment, path, Severity::Moderate, "Logins get no risk score")
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
                    "failed moderate",
                    "guardianPolicies: {policies: [confidence-score]}\nriskAssessment: {settings: {enabled: false}}",
                ),
                (
                    "passed",
                    "guardianPolicies: {policies: [confidence-score]}\nriskAssessment: {enabled: true}",
                ),
                ("not-applicable", "guardianPolicies: {policies: []}"),
                ("not-assessed", "guardianPolicies: {policies: [confidence-score]}"),
            ],
        );
    }
}

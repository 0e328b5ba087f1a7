//! Codes for phones go through a provider of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.phone-provider",
        title: "Codes for phones go through a provider of your own",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "The shared default provider is for trying out: few messages, no sender of your own, no say in where they \
                     go.",
        fix: "Set a phone provider with an account of your own.",
        steps: &["Dashboard: Branding > Phone Provider."],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let mut on = false;
    for factor in protection::factors(tenant)? {
        on |= protection::PHONE_FACTORS.contains(&factor.name.as_str()) && factor.stated_flag("enabled")?;
    }
    if !on {
        return Ok(Verdict::NotApplicable("no factor goes over a phone"));
    }
    let settings = tenant.only(Collection::GuardianPhone)?;
    question::stated_none_of(
        settings,
        "provider",
        &["auth0"],
        Severity::Low,
        "Codes for phones go through the shared provider",
        "a provider of your own",
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
                    "guardianFactors: [{name: sms, enabled: true}]\nguardianPhoneFactorSelectedProvider: {provider: auth0}",
                ),
                (
                    "passed",
                    "guardianFactors: [{name: sms, enabled: true}]\nguardianPhoneFactorSelectedProvider: {provider: twilio}",
                ),
                ("not-applicable", "guardianFactors: [{name: otp, enabled: true}]"),
                ("not-assessed", "guardianFactors: [{name: sms, enabled: true}]"),
                (
                    "not-assessed",
                    "guardianFactors: [{name: sms, enabled: true}]\nguardianPhoneFactorSelectedProvider: {}",
                ),
                ("not-assessed", "guardianFactors: []"),
            ],
        );
    }
}

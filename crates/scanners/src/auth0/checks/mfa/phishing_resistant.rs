//! A second factor is on that false pages cannot take.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.phishing-resistant",
        title: "A second factor is on that false pages cannot take",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "Codes and confirmations can be asked for on a false page and passed on. WebAuthn answers only the real \
                     one.",
        fix: "Turn on WebAuthn with security keys or with device biometrics.",
        steps: &["Dashboard: Security > Multi-factor Auth."],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let factors = protection::factors(tenant)?;
    // Every tenant has both, on or off: a list without them is not the whole list.
    if !factors.iter().any(is_resistant) {
        let why = "the list of MFA factors does not say whether WebAuthn is on".to_owned();
        return Err(NotAssessed::Unknown(why));
    }
    if question::any(factors, |factor| Ok(is_resistant(factor) && factor.stated_flag("enabled")?))? {
        return Ok(Verdict::Passed);
    }
    let title = "No second factor resists false pages";
    let expected = "webauthn-roaming or webauthn-platform";
    failed(Severity::Moderate, title, "guardian-factors", "WebAuthn is off", expected)
}

fn is_resistant(factor: &Item) -> bool {
    matches!(factor.name.as_str(), "webauthn-roaming" | "webauthn-platform")
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
                    "guardianFactors: [{name: otp, enabled: true}, {name: webauthn-roaming, enabled: false}]",
                ),
                ("passed", "guardianFactors: [{name: webauthn-platform, enabled: true}]"),
                ("not-assessed", "guardianFactors: [{name: webauthn-platform, enabled: ##X##}]"),
                ("not-assessed", "guardianFactors: []"),
                ("not-assessed", "guardianFactors: [{name: otp, enabled: true}]"),
            ],
        );
    }
}

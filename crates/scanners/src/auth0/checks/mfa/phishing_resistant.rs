//! A second factor is on that false pages cannot take.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

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
    let mut unknown = None;
    for factor in tenant.all(Collection::GuardianFactors)? {
        if matches!(factor.name.as_str(), "webauthn-roaming" | "webauthn-platform") {
            match factor.stated_flag("enabled") {
                Ok(true) => return Ok(Verdict::Passed),
                Ok(false) => {}
                Err(reason) => unknown = Some(reason),
            }
        }
    }
    unknown.map_or_else(
        || {
            failed(
                Severity::Moderate,
                "No second factor resists false pages",
                "guardian-factors",
                "WebAuthn is off",
                "webauthn-roaming or webauthn-platform",
            )
        },
        Err,
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
                    "failed moderate",
                    "guardianFactors: [{name: otp, enabled: true}, {name: webauthn-roaming, enabled: false}]",
                ),
                ("passed", "guardianFactors: [{name: webauthn-platform, enabled: true}]"),
                ("not-assessed", "guardianFactors: [{name: webauthn-platform, enabled: ##X##}]"),
            ],
        );
    }
}

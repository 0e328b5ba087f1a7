//! Who loses the second factor has a way back.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.recovery-code",
        title: "Who loses the second factor has a way back",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "With one factor and no recovery code a lost phone is a call to the help desk, and the help desk is what \
                     impostors call too.",
        fix: "Turn on recovery codes.",
        steps: &["Dashboard: Security > Multi-factor Auth > Recovery code."],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let mut on = 0;
    for factor in protection::factors(tenant)? {
        if factor.stated_flag("enabled")? {
            if factor.name == "recovery-code" {
                return Ok(Verdict::Passed);
            }
            on += 1;
        }
    }
    if on != 1 {
        return Ok(Verdict::NotApplicable("there is none, or more than one factor to choose from"));
    }
    failed(
        Severity::Low,
        "There is one second factor and no way back",
        "guardian-factors",
        "no recovery-code",
        "recovery-code",
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
                    "guardianFactors: [{name: otp, enabled: true}, {name: recovery-code, enabled: false}]",
                ),
                (
                    "passed",
                    "guardianFactors: [{name: otp, enabled: true}, {name: recovery-code, enabled: true}]",
                ),
                (
                    "not-applicable",
                    "guardianFactors: [{name: otp, enabled: true}, {name: sms, enabled: true}]",
                ),
                ("not-assessed", "guardianFactors: [{name: otp, enabled: ##X##}]"),
                ("not-assessed", "guardianFactors: []"),
            ],
        );
    }
}

//! Text messages and calls cannot be made at will.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.phone-toll-fraud",
        title: "Text messages and calls cannot be made at will",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Fraudsters have messages sent to numbers that earn them money, by the thousand. The bill is yours.",
        fix: "Turn on the protection of phone providers.",
        steps: &["Dashboard: Security > Attack Protection > Phone Provider Protection."],
        references: &[("Attack protection", "https://auth0.com/docs/secure/attack-protection")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let factors = tenant.known(Collection::GuardianFactors);
    let on = |item: &&Item| {
        protection::PHONE_FACTORS.contains(&item.name.as_str()) && item.flag("enabled") == Ok(Some(true))
    };
    let by_factor = factors.iter().find(on).is_some();
    let by_login =
        tenant.known(Collection::Connections).iter().any(|one| one.text("strategy") == Ok(Some("sms")));
    if !by_factor && !by_login {
        tenant.all(Collection::GuardianFactors)?;
        tenant.all(Collection::Connections)?;
        return Ok(Verdict::NotApplicable("no text message is sent and no call made"));
    }
    let settings = tenant.one(Collection::AttackProtection, "phone-provider-protection")?;
    question::none_of(
        settings,
        "type",
        &["none"],
        Severity::Moderate,
        "Messages can be sent to any number, any number of times",
        "a protection",
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
                    "guardianFactors: [{name: sms, enabled: true}]\nattackProtection: {phoneProviderProtection: {type: none}}",
                ),
                (
                    "passed",
                    "guardianFactors: [{name: sms, enabled: true}]\nattackProtection: {phoneProviderProtection: {type: enabled}}",
                ),
                ("not-applicable", "guardianFactors: [{name: otp, enabled: true}]\nconnections: []"),
                ("not-assessed", "guardianFactors: [{name: sms, enabled: true}]"),
            ],
        );
    }
}

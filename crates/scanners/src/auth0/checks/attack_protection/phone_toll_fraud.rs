//! Text messages and calls cannot be made at will.

use checkmate_domain::{Exposure, NotAssessed, Severity};

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
    let factors = question::any(tenant.known(Collection::GuardianFactors), is_phone_factor);
    let logins = question::any(tenant.known(Collection::Connections), sends_messages);
    if factors != Ok(true) && logins != Ok(true) {
        factors?;
        logins?;
        protection::factors(tenant)?;
        tenant.all(Collection::Connections)?;
        return Ok(Verdict::NotApplicable("no text message is sent and no call made"));
    }
    let settings = protection::settings(tenant, "phone-provider-protection")?;
    question::stated_none_of(
        settings,
        "type",
        &["none"],
        Severity::Moderate,
        "Messages can be sent to any number, any number of times",
        "a protection",
    )
}

fn is_phone_factor(factor: &Item) -> Result<bool, NotAssessed> {
    Ok(protection::PHONE_FACTORS.contains(&factor.name.as_str()) && factor.stated_flag("enabled")?)
}

fn sends_messages(connection: &Item) -> Result<bool, NotAssessed> {
    let path = "strategy";
    Ok(connection.text(path)?.ok_or_else(|| connection.not_stated(path))? == "sms")
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
                (
                    "not-assessed",
                    "guardianFactors: [{name: sms, enabled: ##X##}]\nconnections: []\nattackProtection: {phoneProviderProtection: {type: none}}",
                ),
                (
                    "not-assessed",
                    "guardianFactors: []\nconnections: [{name: a, strategy: ##X##}]\nattackProtection: {phoneProviderProtection: {type: none}}",
                ),
                (
                    "failed moderate",
                    "guardianFactors: [{name: sms, enabled: ##X##}]\nconnections: [{name: a, strategy: sms}]\nattackProtection: {phoneProviderProtection: {type: none}}",
                ),
                (
                    "not-assessed",
                    "guardianFactors: [{name: sms, enabled: true}]\nattackProtection: {phoneProviderProtection: {}}",
                ),
                ("not-assessed", "guardianFactors: []\nconnections: []"),
            ],
        );
    }
}

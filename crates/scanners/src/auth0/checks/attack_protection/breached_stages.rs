//! Breached passwords are refused at sign-up and change too.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::protection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.breached-stages",
        title: "Breached passwords are refused at sign-up and change too",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A password that is known from a breach should not be chosen in the first place. These two stages refuse \
                     it before it is used.",
        fix: "Turn on blocking at sign-up and at password change.",
        steps: &["Dashboard: Security > Attack Protection > Breached Password Detection."],
        references: &[(
            "Breached password detection",
            "https://auth0.com/docs/secure/attack-protection/breached-password-detection",
        )],
        checkmate: &["checkBreachedPassword"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "breached-password-detection")?;
    if !settings.stated_flag("enabled")? {
        return Ok(Verdict::NotApplicable(
            "breached-password detection is off, which has a check of its own",
        ));
    }
    question::first_problem(
        ["pre-user-registration", "pre-change-password"].map(|stage| blocks(settings, stage)),
    )
}

fn blocks(settings: &Item, stage: &str) -> Answer {
    let path = format!("stage/{stage}/shields");
    let shields = settings.texts(&path)?;
    if shields.map_or(Ok(false), |shields| shields.has("block"))? {
        return Ok(Verdict::Passed);
    }
    let title = "Breached passwords can be chosen";
    failed(Severity::Moderate, title, &settings.pointer(&path), "no block", "block")
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
                    "attackProtection: {breachedPasswordDetection: {enabled: true, stage: {}}}",
                ),
                (
                    "passed",
                    "attackProtection: {breachedPasswordDetection: {enabled: true, stage: {pre-user-registration: {shields: [block]}, pre-change-password: {shields: [block]}}}}",
                ),
                ("not-applicable", "attackProtection: {breachedPasswordDetection: {enabled: false}}"),
                (
                    "not-assessed",
                    "attackProtection: {breachedPasswordDetection: {enabled: true, stage: @@X@@}}",
                ),
                ("not-assessed", "attackProtection: {breachedPasswordDetection: {}}"),
                ("not-assessed", "attackProtection: {breachedPasswordDetection: {stage: {}}}"),
            ],
        );
    }
}

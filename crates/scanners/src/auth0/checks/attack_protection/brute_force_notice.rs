//! People hear when their account is attacked.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.brute-force-notice",
        title: "People hear when their account is attacked",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "The message about a blocked account is often the first that a person hears of it, and lets them change \
                     the password in time.",
        fix: "Turn on the notification of users.",
        steps: &[
            "Dashboard: Security > Attack Protection > Brute-force Protection: Send notifications to affected users.",
        ],
        references: &[(
            "Brute-force protection",
            "https://auth0.com/docs/secure/attack-protection/brute-force-protection",
        )],
        checkmate: &["checkBruteForce"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = protection::settings(tenant, "brute-force-protection")?;
    let shields = settings.stated_texts("shields")?;
    if shields.has("user_notification")? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Info,
        "People do not hear when their account is attacked",
        &settings.pointer("shields"),
        &first_few(&shields.known),
        "user_notification",
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
                ("failed info", "attackProtection: {bruteForceProtection: {shields: [block]}}"),
                ("passed", "attackProtection: {bruteForceProtection: {shields: [block, user_notification]}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {shields: @@X@@}}"),
                ("not-assessed", "attackProtection: {bruteForceProtection: {}}"),
            ],
        );
    }
}

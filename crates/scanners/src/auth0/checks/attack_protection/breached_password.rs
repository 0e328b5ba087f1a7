//! Breached-password detection is on and blocks at login.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::protection;
use crate::auth0::snapshot::{Section, TenantSnapshot};
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.attack-protection.breached-password",
        aliases: &[],
        title: "Breached passwords are blocked",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Passwords from breaches of other sites are tried here by the million. With this protection a login \
                    with a password that is known to be breached is stopped before it gives the account away.",
        fix: "Turn on breached-password detection and let it block compromised accounts.",
        steps: &[
            "Dashboard: Security > Attack Protection > Breached Password Detection.",
            "Choose 'Block compromised user account' for login, and the same for sign-up and password change.",
        ],
        references: &[(
            "Breached Password Detection",
            "https://auth0.com/docs/secure/attack-protection/breached-password-detection",
        )],
        checkmate: &["checkBreachedPassword"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let databases = tenant.section(Collection::Databases);
    if *databases == Section::Empty {
        return Ok(Verdict::NotApplicable("there is no database connection, so no password of ours"));
    }
    let item = protection::settings(tenant, "breached-password-detection")?;
    let expected = "enabled, with the shield 'block'";
    if !item.stated_flag("enabled")? {
        let (severity, title) = match databases {
            Section::Loaded(_) | Section::Partial { .. } => {
                (Severity::High, "Breached-password detection is off")
            }
            _ => (
                Severity::Moderate,
                "Breached-password detection is off; whether passwords are kept is not known",
            ),
        };
        return failed(severity, title, &item.pointer("enabled"), "false", expected);
    }
    let shields = item.stated_texts("shields")?;
    if !shields.has("block")? {
        let title = "Breached passwords are noticed but not blocked at login";
        return failed(
            Severity::Moderate,
            title,
            &item.pointer("shields"),
            &first_few(&shields.known),
            expected,
        );
    }
    Ok(Verdict::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |settings: &str| {
            format!(
                "databases: [{{name: users}}]\nattackProtection: {{breachedPasswordDetection: {settings}}}"
            )
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("{enabled: false, shields: []}")),
                ("failed moderate", &with("{enabled: true, shields: [admin_notification]}")),
                ("failed moderate", "attackProtection: {breachedPasswordDetection: {enabled: false}}"),
                ("passed", &with("{enabled: true, shields: [block, '##MORE##']}")),
                ("not-assessed", &with("{enabled: true, shields: ['##SHIELD##']}")),
                ("not-assessed", &with("{enabled: ##ON##}")),
                ("not-assessed", &with("{enabled: 'yes'}")),
                ("not-assessed", &with("{shields: [block]}")),
                ("not-assessed", "databases: [{name: users}]"),
                (
                    "not-applicable",
                    "databases: []\nattackProtection: {breachedPasswordDetection: {enabled: false}}",
                ),
            ],
        );
    }
}

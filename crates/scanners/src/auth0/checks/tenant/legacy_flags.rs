//! No switch keeps an old, weaker way alive.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// Switches that should be off, and how bad it is when they are on. All but `allow_other_legacy_grant_types`, which the
/// export leaves out, are off when they are not written.
const FLAGS: [(&str, Severity); 7] = [
    ("allow_legacy_ro_grant_types", Severity::High),
    ("allow_legacy_delegation_grant_types", Severity::High),
    ("allow_other_legacy_grant_types", Severity::High),
    ("enable_idtoken_api2", Severity::High),
    ("allow_legacy_tokeninfo_endpoint", Severity::Moderate),
    ("enable_legacy_profile", Severity::Moderate),
    ("change_pwd_flow_v1", Severity::Moderate),
];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.legacy-flags",
        aliases: &[],
        title: "Legacy endpoints and grants are off",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Old tenants keep switches for ways that were given up because they are weaker: passwords sent by the \
                    application, tokens exchanged without consent, ID tokens taken for access tokens. While a switch is \
                    on, an attacker can choose that way.",
        fix: "Turn off the legacy switches that are on.",
        steps: &[
            "Dashboard: Settings > Advanced > Migrations shows what is on and which applications still use it.",
            "Move those applications, then turn the switches off.",
        ],
        references: &[(
            "Past migrations",
            "https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations",
        )],
        checkmate: &[],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    if !settings.has("flags")? {
        return Err(settings.not_stated("flags"));
    }
    let (mut on, mut unknown) = (Vec::new(), None);
    for (flag, severity) in FLAGS {
        match settings.flag(&format!("flags/{flag}")) {
            Ok(Some(true)) => on.push((severity, flag)),
            Ok(Some(false) | None) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    let names: Vec<&str> = on.iter().map(|(_, flag)| *flag).collect();
    match (on.iter().map(|(severity, _)| *severity).max(), unknown) {
        (Some(worst), _) => {
            let title = "A legacy switch is on";
            failed(worst, title, &settings.pointer("flags"), &first_few(&names), "all of them false")
        }
        (None, Some(reason)) => Err(reason),
        (None, None) => Ok(Verdict::Passed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |flags: &str| format!("tenant: {{flags: {flags}}}");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("{allow_legacy_ro_grant_types: true, enable_idtoken_api2: ##X##}")),
                ("failed moderate", &with("{enable_legacy_profile: true}")),
                ("passed", &with("{allow_legacy_ro_grant_types: false, enable_sso: true}")),
                ("passed", &with("{}")),
                ("not-assessed", &with("{enable_idtoken_api2: ##X##}")),
                ("not-assessed", &with("@@FLAGS@@")),
                ("not-assessed", "tenant: {friendly_name: Acme}"),
                ("not-assessed", "clients: []"),
            ],
        );
    }
}

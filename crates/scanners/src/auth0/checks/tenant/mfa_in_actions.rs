//! The MFA policy holds for every login.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.mfa-in-actions",
        title: "The MFA policy holds for every login",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "With this switch an Action after login decides about the second factor and may leave it out, whatever \
                     the policy says. Who reads only the policy is misled.",
        fix: "Review the Actions that decide about MFA, or turn off customize_mfa_in_postlogin_action.",
        steps: &[
            "Dashboard: Security > Multi-factor Auth > Additional Settings: Customize MFA Factors using Actions.",
        ],
        references: &[(
            "Customize MFA",
            "https://auth0.com/docs/secure/multi-factor-authentication/customize-mfa",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::off(
        settings,
        "customize_mfa_in_postlogin_action",
        Severity::Info,
        "Actions decide about the second factor",
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
                ("failed info", "tenant: {customize_mfa_in_postlogin_action: true}"),
                ("passed", "tenant: {customize_mfa_in_postlogin_action: false}"),
                ("not-assessed", "tenant: {customize_mfa_in_postlogin_action: ##X##}"),
            ],
        );
    }
}

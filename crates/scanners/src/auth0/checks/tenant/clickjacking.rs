//! Login pages cannot be framed by other sites.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.clickjacking",
        title: "Login pages cannot be framed by other sites",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Without these headers any site can show the login page in a hidden frame and lead a user's clicks and \
                     keystrokes into it.",
        fix: "Turn off disable_clickjack_protection_headers.",
        steps: &[
            "Dashboard: Settings > Advanced: turn off 'Disable clickjacking protection for Classic Universal Login'.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::stated_off(
        settings,
        "flags/disable_clickjack_protection_headers",
        Severity::High,
        "Protection against framing is off",
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
                ("failed high", "tenant: {flags: {disable_clickjack_protection_headers: true}}"),
                ("passed", "tenant: {flags: {disable_clickjack_protection_headers: false}}"),
                ("not-assessed", "tenant: {flags: @@F@@}"),
                ("not-assessed", "tenant: {flags: {}}"),
            ],
        );
    }
}

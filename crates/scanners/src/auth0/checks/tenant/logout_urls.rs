//! Logging out leads to encrypted addresses of yours.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::address::Flaw;
use crate::auth0::check::{Answer, Ask, Check, Meta, failed};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

fn weigh(flaw: Flaw) -> Option<Severity> {
    Some(if flaw == Flaw::Loopback { Severity::Info } else { Severity::Low })
}

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.logout-urls",
        title: "Logging out leads to encrypted addresses of yours",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "After logout Auth0 sends the browser to one of these addresses. An address that is not encrypted, or \
                     that any host matches, can be used to show a false login page.",
        fix: "List the addresses after logout in full, with https.",
        steps: &["Dashboard: Settings > Advanced: Allowed Logout URLs."],
        references: &[(
            "Redirect users after logout",
            "https://auth0.com/docs/authenticate/login/logout/redirect-users-after-logout",
        )],
        checkmate: &["checkTenantLogoutUrl"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    let empty = settings
        .texts("allowed_logout_urls")?
        .is_none_or(|list| list.known.is_empty() && list.unknown.is_empty());
    if empty {
        let pointer = settings.pointer("allowed_logout_urls");
        return failed(
            Severity::Info,
            "There is no address for after logout",
            &pointer,
            "none",
            "at least one https address",
        );
    }
    question::addresses(
        settings,
        "allowed_logout_urls",
        weigh,
        "Logging out leads to an address that is not safe",
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
                ("failed info", "tenant: {friendly_name: Acme}"),
                ("failed low", "tenant: {allowed_logout_urls: ['http://example.com/']}"),
                ("failed info", "tenant: {allowed_logout_urls: ['http://localhost/']}"),
                ("passed", "tenant: {allowed_logout_urls: ['https://example.com/bye']}"),
                ("not-assessed", "tenant: {allowed_logout_urls: @@X@@}"),
            ],
        );
    }
}

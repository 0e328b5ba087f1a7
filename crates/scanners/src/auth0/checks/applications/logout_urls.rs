//! Logging out of an application leads to encrypted addresses of its own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::address::Flaw;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

fn weigh(flaw: Flaw) -> Option<Severity> {
    Some(if flaw == Flaw::Loopback { Severity::Info } else { Severity::Low })
}

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.logout-urls",
        title: "Logging out of an application leads to encrypted addresses of its own",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "After logout the browser is sent to one of these addresses. Where any host matches, or it is not \
                     encrypted, a link with your name leads to somebody else's page.",
        fix: "List each address in full, with https.",
        steps: &["Dashboard: Applications > the application > Allowed Logout URLs."],
        references: &[(
            "Redirect users after logout",
            "https://auth0.com/docs/authenticate/login/logout/redirect-users-after-logout",
        )],
        checkmate: &["checkAllowedLogoutUrl"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::addresses(
        application,
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
                ("failed low", "clients: [{name: Shop, allowed_logout_urls: ['http://shop.example.com']}]"),
                ("failed info", "clients: [{name: Shop, allowed_logout_urls: ['http://127.0.0.1']}]"),
                ("passed", "clients: [{name: Shop, allowed_logout_urls: ['https://shop.example.com/']}]"),
                ("not-assessed", "clients: [{name: Shop, allowed_logout_urls: @@X@@}]"),
            ],
        );
    }
}

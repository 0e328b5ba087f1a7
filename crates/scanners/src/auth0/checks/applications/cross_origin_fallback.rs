//! No page is left over from cross-origin authentication.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.cross-origin-fallback",
        title: "No page is left over from cross-origin authentication",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "This page receives logins from a frame where third-party cookies are blocked. It is a part of \
                     cross-origin authentication, which should not be used any more.",
        fix: "Clear the cross-origin verification fallback.",
        steps: &[
            "Dashboard: Applications > the application > Advanced Settings: Cross-Origin Verification Fallback URL.",
        ],
        references: &[(
            "Cross-origin authentication",
            "https://auth0.com/docs/authenticate/login/cross-origin-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::absent(
        application,
        "cross_origin_loc",
        Severity::Low,
        "A fallback page of cross-origin authentication is set",
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
                    "failed low",
                    "clients: [{name: Shop, cross_origin_loc: 'https://shop.example.com/co.html'}]",
                ),
                ("passed", "clients: [{name: Shop}]"),
                ("not-assessed", "clients: [{name: Shop, cross_origin_loc: ##X##}]"),
            ],
        );
    }
}

//! Only own, encrypted pages renew logins in the background.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::address::Flaw;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

fn weigh(flaw: Flaw) -> Option<Severity> {
    Some(if flaw == Flaw::Loopback { Severity::Low } else { Severity::Moderate })
}

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.web-origins",
        title: "Only own, encrypted pages renew logins in the background",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Pages of these origins get tokens without a person noticing. An origin that is not encrypted, or that \
                     any host matches, hands them to others.",
        fix: "List each origin in full, with https.",
        steps: &["Dashboard: Applications > the application > Allowed Web Origins."],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        checkmate: &["checkWebOrigins"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::addresses(
        application,
        "web_origins",
        weigh,
        "Pages that are not safe get tokens in the background",
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
                ("failed moderate", "clients: [{name: Shop, web_origins: ['http://shop.example.com']}]"),
                ("failed low", "clients: [{name: Shop, web_origins: ['http://localhost:3000']}]"),
                ("passed", "clients: [{name: Shop, web_origins: ['https://shop.example.com']}]"),
                ("passed", "clients: [{name: Shop}]"),
                ("not-assessed", "clients: [{name: Shop, web_origins: ['##X##']}]"),
            ],
        );
    }
}

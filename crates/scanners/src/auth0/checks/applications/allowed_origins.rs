//! Only own, encrypted pages log in from their own form.

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
        id: "auth0.applications.allowed-origins",
        title: "Only own, encrypted pages log in from their own form",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Pages of these origins may send passwords to the tenant. With '*' or without encryption, pages of others \
                     may too.",
        fix: "List each origin in full, with https, or clear the list.",
        steps: &["Dashboard: Applications > the application > Allowed Origins (CORS)."],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::addresses(application, "allowed_origins", weigh, "Pages that are not safe may send logins")
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
                ("failed moderate", "clients: [{name: Shop, allowed_origins: ['https://*.example.com']}]"),
                ("passed", "clients: [{name: Shop, allowed_origins: ['https://shop.example.com']}]"),
                ("not-assessed", "clients: [{name: Shop, allowed_origins: ['##X##']}]"),
            ],
        );
    }
}

//! A rotated refresh token stops working at once.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.refresh-token-leeway",
        title: "A rotated refresh token stops working at once",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "The leeway lets the old token work for a while after rotation. A long one gives a thief that much time \
                     without being noticed.",
        fix: "Keep the leeway at 60 seconds or less.",
        steps: &[
            "Dashboard: Applications > the application > Refresh Token Rotation: Rotation Overlap Period.",
        ],
        references: &[(
            "Refresh token rotation",
            "https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::at_most(
        application,
        "refresh_token/leeway",
        60.0,
        Severity::Low,
        "A rotated refresh token works on for long",
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
                ("failed low", "clients: [{name: Shop, refresh_token: {leeway: 600}}]"),
                ("passed", "clients: [{name: Shop, refresh_token: {leeway: 30}}]"),
                ("passed", "clients: [{name: Shop}]"),
                ("not-assessed", "clients: [{name: Shop, refresh_token: @@X@@}]"),
            ],
        );
    }
}

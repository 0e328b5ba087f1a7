//! ID tokens are short-lived.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.id-token-lifetime",
        title: "ID tokens are short-lived",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "An ID token says who somebody is and cannot be called back. Where applications take it as a session, its \
                     lifetime is how long a copied one works.",
        fix: "Keep the lifetime at 36000 seconds or less.",
        steps: &["Dashboard: Applications > the application > ID Token Expiration."],
        references: &[("ID tokens", "https://auth0.com/docs/secure/tokens/id-tokens")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::at_most(
        application,
        "jwt_configuration/lifetime_in_seconds",
        36_000.0,
        Severity::Low,
        "ID tokens are valid for long",
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
                ("failed low", "clients: [{name: A, jwt_configuration: {lifetime_in_seconds: 2592000}}]"),
                ("passed", "clients: [{name: A, jwt_configuration: {lifetime_in_seconds: 36000}}]"),
                ("passed", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, jwt_configuration: @@X@@}]"),
            ],
        );
    }
}

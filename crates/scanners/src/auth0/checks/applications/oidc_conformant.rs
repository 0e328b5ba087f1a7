//! Applications use the current pipeline.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.oidc-conformant",
        title: "Applications use the current pipeline",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "An application that is not OIDC conformant gets the behaviour of years ago: tokens without an audience, \
                     ID tokens taken for access tokens, legacy profiles.",
        fix: "Turn on OIDC Conformant, after testing the application.",
        steps: &["Dashboard: Applications > the application > Advanced Settings > OAuth: OIDC Conformant."],
        references: &[(
            "OIDC-conformant authentication",
            "https://auth0.com/docs/authenticate/login/oidc-conformant-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::on(
        application,
        "oidc_conformant",
        Severity::Moderate,
        "An application uses the legacy pipeline",
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
                ("failed moderate", "clients: [{name: A, oidc_conformant: false}]"),
                ("passed", "clients: [{name: A, oidc_conformant: true}]"),
                ("not-assessed", "clients: [{name: A, oidc_conformant: ##X##}]"),
                ("failed moderate", "clients: [{name: A}]"),
            ],
        );
    }
}

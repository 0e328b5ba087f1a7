//! Access tokens work only for the application that got them.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.sender-constraining",
        title: "Access tokens work only for the application that got them",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "A token that is bound to a key of the application is worth nothing to who steals it. Without that, \
                     having it is enough.",
        fix: "Require proof of possession, with DPoP or mTLS.",
        steps: &["Dashboard: Applications > the application > Advanced Settings: Token Sender-Constraining."],
        references: &[("Sender constraining", "https://auth0.com/docs/secure/sender-constraining")],
        checkmate: &["checkAppTokenSenderConstraining"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    question::on(
        application,
        "require_proof_of_possession",
        Severity::Info,
        "Access tokens are not bound to the application",
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
                ("failed info", "clients: [{name: Shop}]"),
                ("passed", "clients: [{name: Shop, require_proof_of_possession: true}]"),
                ("not-assessed", "clients: [{name: Shop, require_proof_of_possession: ##X##}]"),
            ],
        );
    }
}

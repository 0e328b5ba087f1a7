//! An API takes tokens only from who got them.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.sender-constraining",
        title: "An API takes tokens only from who got them",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "With DPoP or mTLS a token is bound to a key of the application: copied, it is worth nothing.",
        fix: "Turn on sender-constraining for the API.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Token Sender-Constraining."],
        references: &[("Sender constraining", "https://auth0.com/docs/secure/sender-constraining")],
        checkmate: &["checkTokenConstrainingResourceServer"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api)? {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    question::one_of(
        api,
        "proof_of_possession/mechanism",
        &["dpop", "mtls"],
        Severity::Info,
        "Tokens of the API are not bound to a key",
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
                ("failed info", "resourceServers: [{name: A, identifier: 'urn:a'}]"),
                (
                    "passed",
                    "resourceServers: [{name: A, identifier: 'urn:a', proof_of_possession: {mechanism: dpop}}]",
                ),
                ("not-applicable", "resourceServers: [{name: M, is_system: true}]"),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, identifier: 'urn:a', proof_of_possession: @@X@@}]",
                ),
            ],
        );
    }
}

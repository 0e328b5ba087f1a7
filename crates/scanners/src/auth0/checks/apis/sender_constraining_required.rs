//! Sender-constraining is required where it is on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.sender-constraining-required",
        title: "Sender-constraining is required where it is on",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "While it is optional, a thief asks for a plain token and the API takes it.",
        fix: "Require proof of possession once all applications of the API send it.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Require Token Sender-Constraining."],
        references: &[("Sender constraining", "https://auth0.com/docs/secure/sender-constraining")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if !api.has("proof_of_possession/mechanism")? {
        return Ok(Verdict::NotApplicable("the API does not use it"));
    }
    question::on(api, "proof_of_possession/required", Severity::Low, "Proof of possession is optional")
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
                ("failed low", "resourceServers: [{name: A, proof_of_possession: {mechanism: dpop}}]"),
                (
                    "passed",
                    "resourceServers: [{name: A, proof_of_possession: {mechanism: dpop, required: true}}]",
                ),
                ("not-applicable", "resourceServers: [{name: A}]"),
                ("not-assessed", "resourceServers: [{name: A, proof_of_possession: @@X@@}]"),
            ],
        );
    }
}

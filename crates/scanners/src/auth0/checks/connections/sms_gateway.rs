//! Text messages go to an encrypted gateway.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.sms-gateway",
        title: "Text messages go to an encrypted gateway",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "The gateway gets the phone number and the code. Without encryption everybody on the way can log in.",
        fix: "Use the https address of the gateway.",
        steps: &["Dashboard: Authentication > Passwordless > SMS: SMS Gateway."],
        references: &[("Passwordless connections", "https://auth0.com/docs/authenticate/passwordless")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection.has("options/gateway_url")? {
        return Ok(Verdict::NotApplicable("the connection has no gateway of its own"));
    }
    question::encrypted(
        connection,
        "options/gateway_url",
        Severity::High,
        "Login codes are sent without encryption",
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
                    "failed high",
                    "connections: [{name: sms, strategy: sms, options: {gateway_url: 'http://sms.example.com/send'}}]",
                ),
                (
                    "passed",
                    "connections: [{name: sms, strategy: sms, options: {gateway_url: 'https://sms.example.com/send'}}]",
                ),
                ("not-applicable", "connections: [{name: sms, strategy: sms, options: {}}]"),
                ("not-assessed", "connections: [{name: sms, strategy: sms, options: {gateway_url: ##X##}}]"),
            ],
        );
    }
}

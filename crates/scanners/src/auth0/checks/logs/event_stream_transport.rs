//! Event streams are encrypted and authenticated.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.event-stream-transport",
        title: "Event streams are encrypted and authenticated",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Events carry profiles of users. Sent in the clear everybody on the way reads them; without authorization \
                     the receiver takes false ones too.",
        fix: "Use https and an authorization of the webhook.",
        steps: &["Dashboard: Event Streams > the stream: Destination."],
        references: &[("Event streams", "https://auth0.com/docs/customize/events")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::EventStreams, ask),
};

fn ask(stream: &Item, _: &TenantSnapshot) -> Answer {
    if stream.text("destination/type")?.is_some_and(|kind| kind != "webhook") {
        return Ok(Verdict::NotApplicable("the stream does not go to a web address"));
    }
    match question::encrypted(
        stream,
        "destination/configuration/webhook_endpoint",
        Severity::High,
        "Events are sent without encryption",
    )? {
        Verdict::Passed => {}
        other => return Ok(other),
    }
    let path = "destination/configuration/webhook_authorization";
    if stream.has(path)? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "Events are sent without authorization",
        &stream.pointer(path),
        "not set",
        "basic or bearer",
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
                    "eventStreams: [{name: a, destination: {type: webhook, configuration: {webhook_endpoint: 'http://e.example.com'}}}]",
                ),
                (
                    "failed moderate",
                    "eventStreams: [{name: a, destination: {type: webhook, configuration: {webhook_endpoint: 'https://e.example.com'}}}]",
                ),
                (
                    "passed",
                    "eventStreams: [{name: a, destination: {type: webhook, configuration: {webhook_endpoint: 'https://e.example.com', webhook_authorization: {method: bearer}}}}]",
                ),
                ("not-applicable", "eventStreams: [{name: a, destination: {type: eventbridge}}]"),
                ("not-assessed", "eventStreams: [{name: a, destination: @@X@@}]"),
            ],
        );
    }
}

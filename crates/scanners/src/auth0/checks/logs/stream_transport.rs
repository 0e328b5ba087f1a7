//! Log streams are encrypted and authenticated.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.stream-transport",
        title: "Log streams are encrypted and authenticated",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "The log tells who logs in from where. Sent in the clear everybody on the way reads it; without \
                     authorization the receiver takes false entries too.",
        fix: "Use https and an authorization token.",
        steps: &["Dashboard: Monitoring > Streams > the stream: Payload URL, Authorization Token."],
        references: &[("Log streams", "https://auth0.com/docs/customize/log-streams")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::LogStreams, ask),
};

fn ask(stream: &Item, _: &TenantSnapshot) -> Answer {
    if stream.text("type")?.is_some_and(|kind| kind != "http") {
        return Ok(Verdict::NotApplicable("the stream goes to a service that has this built in"));
    }
    match question::encrypted(
        stream,
        "sink/httpEndpoint",
        Severity::High,
        "The log is sent without encryption",
    )? {
        Verdict::Passed => {}
        other => return Ok(other),
    }
    // A masked token is a token.
    if stream.has("sink/httpAuthorization").unwrap_or(true) || authorizes(stream)? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "The log is sent without authorization",
        &stream.pointer("sink/httpAuthorization"),
        "not set",
        "a token",
    )
}

/// Whether a header of the stream's own may be what the receiver asks for: `{header: X-Api-Key, value: ...}`.
fn authorizes(stream: &Item) -> Result<bool, NotAssessed> {
    const SAYING_NOTHING: [&str; 4] = ["content-type", "accept", "user-agent", "content-encoding"];
    let headers = question::objects(stream, "sink/httpCustomHeaders")?.unwrap_or_default();
    Ok(headers.iter().any(|header| match header.get("header") {
        Some(Node::Text(name) | Node::Unknown(name)) => {
            !SAYING_NOTHING.contains(&name.to_ascii_lowercase().as_str())
        }
        _ => false,
    }))
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
                    "logStreams: [{name: a, type: http, sink: {httpEndpoint: 'http://logs.example.com'}}]",
                ),
                (
                    "failed moderate",
                    "logStreams: [{name: a, type: http, sink: {httpEndpoint: 'https://logs.example.com'}}]",
                ),
                (
                    "passed",
                    "logStreams: [{name: a, type: http, sink: {httpEndpoint: 'https://logs.example.com', httpAuthorization: _VALUE_NOT_SHOWN_}}]",
                ),
                (
                    "passed",
                    "logStreams: [{name: a, type: http, sink: {httpEndpoint: 'https://l.example.com', httpCustomHeaders: [{header: X-Api-Key, value: x}]}}]",
                ),
                (
                    "failed moderate",
                    "logStreams: [{name: a, type: http, sink: {httpEndpoint: 'https://l.example.com', httpCustomHeaders: [{header: Content-Type, value: x}]}}]",
                ),
                ("not-applicable", "logStreams: [{name: a, type: datadog}]"),
                ("not-assessed", "logStreams: [{name: a, type: http, sink: {httpEndpoint: ##X##}}]"),
            ],
        );
    }
}

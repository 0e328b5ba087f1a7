//! Spans as the JSON of OTLP over HTTP: ids in hex, 64-bit numbers as texts, names in lower camel case.

use serde::Serialize;

use super::span::{Finished, SpanId, TraceId};

/// Who sends.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) version: &'static str,
    pub(super) instance: String,
}

/// The body of a request that hands spans over.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Attributes<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Attributes<'a> {
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<Span<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    links: Vec<Link>,
    status: Status<'a>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    string_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: String,
    span_id: String,
}

#[derive(Serialize)]
struct Status<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// The number of a status that says that something went wrong.
const ERROR: u8 = 2;

/// The body of a request that hands these spans over.
pub(super) fn request<'a>(resource: &'a Resource, spans: &'a [Finished]) -> Request<'a> {
    let who = [
        ("service.name", "checkmate"),
        ("service.version", resource.version),
        ("service.instance.id", resource.instance.as_str()),
    ];
    let attributes = who.into_iter().map(|(key, value)| attribute(key, value)).collect();
    let scope = Scope { name: "checkmate", version: resource.version };
    let scope_spans = [ScopeSpans { scope, spans: spans.iter().map(span).collect() }];
    Request { resource_spans: [ResourceSpans { resource: Attributes { attributes }, scope_spans }] }
}

fn span(of: &Finished) -> Span<'_> {
    let link = |(trace, span): &(TraceId, SpanId)| Link { trace_id: hex(trace), span_id: hex(span) };
    Span {
        trace_id: hex(&of.trace),
        span_id: hex(&of.id),
        parent_span_id: of.parent.map(|parent| hex(&parent)).unwrap_or_default(),
        name: &of.name,
        kind: of.kind as u8,
        start_time_unix_nano: of.began.to_string(),
        end_time_unix_nano: of.ended.to_string(),
        attributes: of.attributes.iter().map(|(key, value)| attribute(key, value)).collect(),
        links: of.link.iter().map(link).collect(),
        status: Status { code: of.failed.as_ref().map(|_| ERROR), message: of.failed.as_deref() },
    }
}

fn attribute<'a>(key: &'a str, value: &'a str) -> Attribute<'a> {
    Attribute { key, value: Text { string_value: value } }
}

fn hex<const N: usize>(bytes: &[u8; N]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let two = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(two).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::telemetry::Kind;

    #[test]
    fn looks_as_the_protocol_says() {
        let first = Finished {
            trace: [0xAB; 16],
            id: [1; 8],
            parent: None,
            name: "process q".to_owned(),
            kind: Kind::Consumer,
            began: 1_700_000_000_000_000_000,
            ended: 1_700_000_000_000_000_001,
            attributes: vec![("messaging.system", "rabbitmq".to_owned())],
            link: None,
            failed: None,
        };
        let again = Finished {
            id: [2; 8],
            parent: Some([9; 8]),
            link: Some(([0xab; 16], [1; 8])),
            failed: Some("later".to_owned()),
            ..first.clone()
        };
        let resource = Resource { version: "1.2.3", instance: "worker-1".to_owned() };
        let spans = [first, again];
        let body = serde_json::to_value(request(&resource, &spans)).unwrap();
        let sent = &body["resourceSpans"][0];
        assert_eq!(sent["resource"]["attributes"][2]["value"]["stringValue"], "worker-1");
        let spans = &sent["scopeSpans"][0]["spans"];
        let expected = json!({
            "traceId": "abababababababababababababababab",
            "spanId": "0202020202020202",
            "parentSpanId": "0909090909090909",
            "name": "process q",
            "kind": 5,
            "startTimeUnixNano": "1700000000000000000",
            "endTimeUnixNano": "1700000000000000001",
            "attributes": [{"key": "messaging.system", "value": {"stringValue": "rabbitmq"}}],
            "links": [{"traceId": "abababababababababababababababab", "spanId": "0101010101010101"}],
            "status": {"code": 2, "message": "later"},
        });
        assert_eq!(spans[1], expected);
        assert_eq!(spans[0]["parentSpanId"], "");
        assert_eq!(spans[0]["links"], json!([]));
        assert_eq!(spans[0]["status"], json!({}));
    }
}

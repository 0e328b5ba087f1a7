//! Spans as the JSON of OTLP over HTTP: ids in hex, 64-bit numbers as texts, names in lower camel case.

use serde_json::{Value, json};

use super::span::{Finished, SpanId};

/// Who sends.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) version: &'static str,
    pub(super) instance: String,
}

/// The body of a request that hands these spans over.
pub(super) fn request(resource: &Resource, spans: &[Finished]) -> Value {
    let who = [
        ("service.name", "checkmate"),
        ("service.version", resource.version),
        ("service.instance.id", resource.instance.as_str()),
    ];
    let who: Vec<Value> = who.into_iter().map(|(key, value)| attribute(key, value)).collect();
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": who},
        "scopeSpans": [{"scope": {"name": "checkmate", "version": resource.version}, "spans": spans}],
    }]})
}

fn span(of: &Finished) -> Value {
    let attributes: Vec<Value> = of.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    let link = |to: &SpanId| json!({"traceId": hex(&of.trace), "spanId": hex(to)});
    let links: Vec<Value> = of.link.iter().map(link).collect();
    let status = match &of.failed {
        None => json!({}),
        Some(why) => json!({"code": 2, "message": why}),
    };
    json!({
        "traceId": hex(&of.trace),
        "spanId": hex(&of.id),
        "parentSpanId": of.parent.map(|parent| hex(&parent)).unwrap_or_default(),
        "name": of.name,
        "kind": of.kind as u8,
        "startTimeUnixNano": of.began.to_string(),
        "endTimeUnixNano": of.ended.to_string(),
        "attributes": attributes,
        "links": links,
        "status": status,
    })
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
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
            link: Some([1; 8]),
            failed: Some("later".to_owned()),
            ..first.clone()
        };
        let resource = Resource { version: "1.2.3", instance: "worker-1".to_owned() };
        let body = request(&resource, &[first, again]);
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

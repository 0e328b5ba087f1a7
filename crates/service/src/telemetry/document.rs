//! `docs/telemetry.md`, made of what the program knows, so that neither can say more than the other.

use std::fmt::Write as _;

use super::{Field, NEVER};
use crate::metrics::Metric;

const HEAD: &str = "# Telemetry

Made by the program; a test holds it against the source and writes it anew.

What a process tells: log lines on stderr (`telemetry.log`, `--log`, `--log-json`), metrics and health pages where
`admin.listen` says, and traces to the OTLP collector at `telemetry.otlp_endpoint` (HTTP with JSON; the address without
`/v1/traces`).

## Pages

| page | answers |
|---|---|
| `GET /livez` | 200 while the process does its work; 503 when only a restart helps: the event loop or a consumer stands still, a job is past its deadline and cannot be stopped |
| `GET /readyz` | 200 when it can be counted on; 503 with a reason a line: `start`, `store`, `broker`, `consumers`, `intake` |
| `GET /metrics` | what is in the table below, in the text format of Prometheus |
| `GET /log`, `PUT /log` | the filter of the log lines; the body of `PUT` is the new one: `curl -X PUT --data info,checkmate_worker=debug` |

The pages have threads of their own: a process that is stuck still answers. They know no login, so let `admin.listen` be an
address that only those reach who may see them.

## Traces

A scan is one trace, from its request to the last result in the lifecycle. The W3C `traceparent` travels in the header of
that name on every message. Its ids are made of the scan's and the job's ids: a message that is sent again is in the same
trace. Every attempt at a job is a span; from the second on it links to the first. A request of another system that carries a
`traceparent` has its scan's first span linked to that.

| span | kind | is |
|---|---|---|
| `create checkmate.scan.interactive`, `create checkmate.scan.bulk` | producer | the request of a scan |
| `process checkmate.scan.interactive`, `process checkmate.scan.bulk` | consumer | an attempt at a job |
| `process checkmate.results` | consumer | reconciling a result |
";

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n## Metrics\n\n| name | kind | counts | labels | tells |\n|---|---|---|---|---|\n");
    for metric in Metric::ALL {
        let labels: Vec<String> = metric.labels().iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            metric.name(),
            metric.kind().as_str(),
            metric.unit(),
            labels.join(", "),
            metric.help()
        );
    }
    text.push_str("\n## Fields of log lines\n\n| field | tells |\n|---|---|\n");
    for field in Field::ALL {
        let _ = writeln!(text, "| `{}` | {} |", field.name(), field.meaning());
    }
    text.push_str("\n## What is never told\n\n");
    for what in NEVER {
        let _ = writeln!(text, "- {what}");
    }
    text
}

//! Events in CloudEvents 1.0 JSON (structured mode). They carry ids, counts and severities; evidence stays in the store.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::id::{EventId, JobId, ScanId, TargetId};
use crate::message::MAX_BODY;
use crate::rule::Severity;
use crate::time::Timestamp;

/// The `source` of every event of ours.
pub const SOURCE: &str = "/checkmate";

/// The version of the specification.
const SPECVERSION: &str = "1.0";
/// What the data are.
const JSON: &str = "application/json";
const RESULT_STORED: &str = "checkmate.result.stored";
const SCAN_FINISHED: &str = "checkmate.scan.finished";

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudEvent {
    /// Derived from the facts: a repeat has the same id.
    pub id: EventId,
    /// RFC 3339.
    pub time: String,
    /// `type`, which is the routing key on the topic exchange, and `data` together.
    pub data: EventData,
}

/// What happened. Adding a field is compatible; a change of meaning gets a new type.
#[derive(Clone, Debug, PartialEq)]
pub enum EventData {
    /// A job's result is in the store and waits to be reconciled: `checkmate.result.stored`.
    ResultStored(ResultStored),
    /// A scan reached a final state: `checkmate.scan.finished`.
    ScanFinished(ScanFinished),
}

/// An event as it travels.
#[derive(Serialize)]
struct Written<'a, T> {
    specversion: &'a str,
    id: &'a EventId,
    source: &'a str,
    time: &'a str,
    datacontenttype: &'a str,
    r#type: &'a str,
    data: &'a T,
}

/// The same as it comes. What its data are says its type, which may stand behind them.
#[derive(Deserialize)]
struct Read<'a, T> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: EventId,
    #[serde(borrow)]
    source: Cow<'a, str>,
    time: String,
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    data: T,
}

/// See [`EventData::ResultStored`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultStored {
    /// Which scan.
    pub scan: ScanId,
    /// Which job.
    pub job: JobId,
    /// Which target.
    pub target: TargetId,
    /// The attempt whose result was stored.
    pub attempt: u32,
    /// Failed checks by severity.
    pub findings: BTreeMap<Severity, u64>,
}

/// See [`EventData::ScanFinished`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanFinished {
    /// Which scan.
    pub scan: ScanId,
    /// The scope as text.
    pub scope: String,
    /// The final state: `finished`, `finished-incomplete`, `failed`, `cancelled`.
    pub state: String,
    /// Jobs on the sealed list.
    pub jobs: u64,
    /// Jobs that ended without a result.
    pub not_assessed: u64,
    /// Findings opened or reopened by this scan.
    pub opened: u64,
    /// Findings resolved by this scan.
    pub resolved: u64,
}

impl EventData {
    /// The CloudEvents `type`, which is the routing key too.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ResultStored(_) => RESULT_STORED,
            Self::ScanFinished(_) => SCAN_FINISHED,
        }
    }

    fn event_id(&self) -> EventId {
        match self {
            Self::ResultStored(stored) => {
                EventId::derived(&[self.kind(), stored.scan.as_str(), stored.job.as_str()])
            }
            Self::ScanFinished(finished) => EventId::derived(&[self.kind(), finished.scan.as_str()]),
        }
    }
}

impl CloudEvent {
    /// Wraps the facts.
    #[must_use]
    pub fn new(data: EventData, at: Timestamp) -> Self {
        Self { id: data.event_id(), time: at.to_string(), data }
    }

    /// The bytes that go on the exchange.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.data {
            EventData::ResultStored(stored) => self.written(stored),
            EventData::ScanFinished(finished) => self.written(finished),
        }
    }

    fn written<T: Serialize>(&self, data: &T) -> Vec<u8> {
        let written = Written {
            specversion: SPECVERSION,
            id: &self.id,
            source: SOURCE,
            time: &self.time,
            datacontenttype: JSON,
            r#type: self.data.kind(),
            data,
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads bytes that may come from anybody.
    ///
    /// # Errors
    /// A readable reason that repeats none of the content.
    pub fn from_bytes(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_BODY {
            return Err(format!("event of {} bytes is larger than {MAX_BODY}; not read", body.len()));
        }
        let text = std::str::from_utf8(body).map_err(|_| "not an event of ours (no text)".to_owned())?;
        // Nearly every event that is read is of this kind, and is read once then.
        match read::<ResultStored>(text, "") {
            Ok(read) if read.r#type == RESULT_STORED => Ok(read.event(EventData::ResultStored)),
            _ => Self::of_any_kind(text),
        }
    }

    fn of_any_kind(text: &str) -> Result<Self, String> {
        match &*read::<IgnoredAny>(text, "")?.r#type {
            RESULT_STORED => Ok(read(text, "data, ")?.event(EventData::ResultStored)),
            SCAN_FINISHED => Ok(read(text, "data, ")?.event(EventData::ScanFinished)),
            _ => Err("not an event of ours (type)".to_owned()),
        }
    }
}

impl<T> Read<'_, T> {
    fn event(self, data: impl Fn(T) -> EventData) -> CloudEvent {
        CloudEvent { id: self.id, time: self.time, data: data(self.data) }
    }
}

/// An event of ours with data of this form. `part`: what alone is still unknown of it, for the reason of a refusal.
fn read<'a, T: Deserialize<'a>>(text: &'a str, part: &str) -> Result<Read<'a, T>, String> {
    let foreign = |error: serde_json::Error| {
        format!("not an event of ours ({part}line {} column {})", error.line(), error.column())
    };
    let read: Read<'a, T> = serde_json::from_str(text).map_err(foreign)?;
    if read.specversion != SPECVERSION || read.source != SOURCE || read.datacontenttype != JSON {
        return Err("not an event of ours (specversion or source)".to_owned());
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> CloudEvent {
        CloudEvent::new(
            EventData::ResultStored(ResultStored {
                scan: ScanId::new("s").expect("id"),
                job: JobId::new("j").expect("id"),
                target: TargetId::new("export:a").expect("id"),
                attempt: 1,
                findings: BTreeMap::from([(Severity::High, 2)]),
            }),
            Timestamp::from_millis(0),
        )
    }

    #[test]
    fn looks_as_the_specification_says() {
        let json: serde_json::Value = serde_json::from_slice(&event().to_bytes()).expect("json");
        for (field, value) in [
            ("specversion", "1.0"),
            ("type", "checkmate.result.stored"),
            ("source", "/checkmate"),
            ("time", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(json[field], value, "{field}");
        }
        assert_eq!(json["data"]["findings"]["high"], 2);
        assert_eq!(CloudEvent::from_bytes(&event().to_bytes()), Ok(event()));
    }

    #[test]
    fn is_read_in_whatever_order_and_with_more_fields() {
        let json: serde_json::Value = serde_json::from_slice(&event().to_bytes()).expect("json");
        let more = json
            .as_object()
            .expect("an object")
            .iter()
            .rev()
            .map(|(name, value)| format!("{name:?}:{value}"));
        let turned = format!("{{\"new\":[1],{}}}", more.collect::<Vec<_>>().join(","));
        assert_eq!(CloudEvent::from_bytes(turned.as_bytes()), Ok(event()));
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        let ours = String::from_utf8(event().to_bytes()).expect("text");
        for (from, to, why) in [
            ("checkmate.result.stored", "hunter2", "(type)"),
            ("\"attempt\":1", "\"attempt\":\"hunter2\"", "(data, line 1"),
            ("/checkmate", "hunter2", "(specversion or source)"),
            ("application/json", "hunter2", "(specversion or source)"),
        ] {
            let refused = CloudEvent::from_bytes(ours.replace(from, to).as_bytes()).expect_err("another");
            assert!(refused.contains(why) && !refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_repeat_has_the_same_id() {
        let mut later = event();
        later.time = Timestamp::from_millis(9).to_string();
        assert_eq!(later.id, event().id);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = CloudEvent::from_bytes(&bytes);
        }
    }
}

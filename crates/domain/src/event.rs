//! Events in CloudEvents 1.0 JSON (structured mode). They carry ids, counts and severities; evidence stays in the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{EventId, JobId, ScanId, TargetId};
use crate::message::MAX_BODY;
use crate::rule::Severity;
use crate::time::Timestamp;

/// The `source` of every event of ours.
pub const SOURCE: &str = "/checkmate";

/// One event. `type` is the routing key on the topic exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: String,
    /// Derived from the facts: a repeat has the same id.
    pub id: EventId,
    /// [`SOURCE`].
    pub source: String,
    /// RFC 3339.
    pub time: String,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// `type` and `data` together.
    #[serde(flatten)]
    pub data: EventData,
}

/// What happened. Adding a field is compatible; a change of meaning gets a new type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum EventData {
    /// A job's result is in the store and waits to be reconciled.
    #[serde(rename = "checkmate.result.stored")]
    ResultStored(ResultStored),
    /// A scan reached a final state.
    #[serde(rename = "checkmate.scan.finished")]
    ScanFinished(ScanFinished),
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
            Self::ResultStored(_) => "checkmate.result.stored",
            Self::ScanFinished(_) => "checkmate.scan.finished",
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
        Self {
            specversion: "1.0".to_owned(),
            id: data.event_id(),
            source: SOURCE.to_owned(),
            time: at.to_string(),
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }

    /// The bytes that go on the exchange.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads bytes that may come from anybody.
    ///
    /// # Errors
    /// A readable reason that repeats none of the content.
    pub fn from_bytes(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_BODY {
            return Err(format!("event of {} bytes is larger than {MAX_BODY}; not read", body.len()));
        }
        let event: Self = serde_json::from_slice(body).map_err(|error| {
            format!("not an event of ours (line {} column {})", error.line(), error.column())
        })?;
        if event.specversion != "1.0" || event.source != SOURCE {
            return Err("not an event of ours (specversion or source)".to_owned());
        }
        Ok(event)
    }
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
        let json = serde_json::to_value(event()).expect("json");
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

//! Events for a webhook of the user's own: CloudEvents 1.0 in JSON.

use checkmate_domain::event::SOURCE;
use checkmate_domain::{DeliveryId, FindingState, ScanId, Timestamp, TransitionKind};
use serde_json::{Value, json};

use super::line;
use crate::policy::News;

/// An event about one finding. What the receiver makes of it is its own affair: text is one line, without control characters.
#[must_use]
pub fn event(id: &DeliveryId, scan: &ScanId, news: &News, at: Timestamp) -> Value {
    let (record, finding) = (&news.record, &news.record.finding);
    json!({
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": format!("checkmate.finding.{}", word(news.change)),
        "time": at.to_string(),
        "subject": finding.fingerprint,
        "datacontenttype": "application/json",
        "data": {
            "scan": scan,
            "fingerprint": finding.fingerprint,
            "rule": finding.rule,
            "target": finding.place.target,
            "resource": {"id": line(finding.place.resource.as_str(), 300), "name": line(&finding.resource_name, 300)},
            "title": line(&finding.title, 300),
            "severity": finding.severity,
            "priority": record.triage.priority,
            "state": state(news),
            "evidence": {"pointer": line(&finding.evidence.pointer, 300), "seen": line(&finding.evidence.seen, 300)},
        },
    })
}

const fn word(change: Option<TransitionKind>) -> &'static str {
    match change {
        Some(TransitionKind::Opened) => "opened",
        Some(TransitionKind::Resolved) => "resolved",
        Some(TransitionKind::Reopened) => "reopened",
        Some(TransitionKind::Withdrawn) => "withdrawn",
        Some(TransitionKind::Changed) | None => "changed",
    }
}

/// What the change made of it, whatever has become of it since.
const fn state(news: &News) -> FindingState {
    match news.change {
        Some(TransitionKind::Opened) => FindingState::Open,
        Some(TransitionKind::Resolved) => FindingState::Resolved,
        Some(TransitionKind::Reopened) => FindingState::Reopened,
        Some(TransitionKind::Withdrawn) => FindingState::Withdrawn,
        Some(TransitionKind::Changed) | None => news.record.state,
    }
}

//! One event; pure.

use checkmate_domain::{DeliveryId, ScanId, Timestamp, hash};
use serde_json::Value;

use crate::policy::News;
use crate::render::webhook;

/// What changed about one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub(super) delivery: DeliveryId,
    body: Value,
    look: String,
}

impl Event {
    /// The event about what a scan changed at this time, however late it is sent.
    #[must_use]
    pub fn of(delivery: &DeliveryId, scan: &ScanId, news: &News, at: Timestamp) -> Self {
        let body = webhook::event(delivery, scan, news, at);
        let look = hash::derive("checkmate.event-look.v1", &[&body.to_string()], 32);
        Self { delivery: delivery.clone(), body, look }
    }

    /// The same for each time it is sent.
    #[must_use]
    pub fn id(&self) -> &str {
        self.delivery.as_str()
    }

    /// A hash of what it says: what `look` of its row in the ledger is set to.
    #[must_use]
    pub fn look(&self) -> &str {
        &self.look
    }

    pub(super) const fn body(&self) -> &Value {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{FindingState, Subject, TransitionKind};
    use checkmate_testkit::contracts;

    use super::*;
    use crate::render::tests::news;

    const AT: Timestamp = Timestamp::from_millis(1_795_651_200_000);

    fn event_of(news: &News, scan: &str) -> Event {
        let scan = ScanId::new(scan).unwrap();
        let subject = Subject::Change(scan.clone(), news.record.finding.fingerprint.clone());
        Event::of(&DeliveryId::derived("hook", &subject), &scan, news, AT)
    }

    fn event(change: TransitionKind, scan: &str) -> Event {
        event_of(&news("auth0.a.b", "c", "Shop", Some(change)), scan)
    }

    #[test]
    fn the_same_change_has_the_same_id_and_every_other_has_another() {
        let first = event(TransitionKind::Opened, "s1");
        assert_eq!(first, event(TransitionKind::Opened, "s1"));
        assert_ne!(first.id(), event(TransitionKind::Resolved, "s2").id());
        let other = event_of(&news("auth0.a.b", "d", "Shop", Some(TransitionKind::Opened)), "s1");
        assert_ne!(first.id(), other.id());
    }

    /// One that is sent when its finding has changed again tells of its own change only.
    #[test]
    fn a_late_event_says_what_was_so_then() {
        let mut late = news("auth0.a.b", "c", "Shop", Some(TransitionKind::Opened));
        late.record.state = FindingState::Resolved;
        late.record.changed_at = Timestamp::from_millis(AT.as_millis() + 60_000);
        assert_eq!(event_of(&late, "s1"), event(TransitionKind::Opened, "s1"));
    }

    #[test]
    fn an_event_holds_to_its_contract() {
        let event = event(TransitionKind::Resolved, "s1");
        assert_eq!(event.body()["id"], event.id());
        assert_eq!(event.body()["type"], "checkmate.finding.resolved");
        assert_eq!(event.body()["data"]["state"], "resolved");
        let Some(schema) = contracts::of("cloudevents", "cloudevents-1.0.schema.json") else { return };
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(event.body()), "{}", event.body());
    }
}

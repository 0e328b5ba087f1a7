//! One event; pure.

use checkmate_domain::{DeliveryId, ScanId, hash};
use serde_json::{Value, json};

use crate::policy::{News, Shape};
use crate::render::webhook;

/// What changed about one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub(super) delivery: DeliveryId,
    id: String,
    body: Value,
    look: String,
}

impl Event {
    /// The event that a wish of a scan asks for; nothing when it asks for something else.
    #[must_use]
    pub fn of(delivery: &DeliveryId, scan: &ScanId, shape: &Shape<'_>) -> Option<Self> {
        match shape {
            Shape::Event(news) => Some(Self::about(delivery, scan, news)),
            _ => None,
        }
    }

    /// A finding that changes again makes another event by the same delivery, which must not be taken for a repeat: so what
    /// it says is part of its id. When it happened is when the finding changed, however late it is sent.
    fn about(delivery: &DeliveryId, scan: &ScanId, news: &News) -> Self {
        let mut body = webhook::event(delivery, scan, news, news.record.changed_at);
        let look = hash::derive("checkmate.event-look.v1", &[&body.to_string()], 32);
        let id = hash::derive("checkmate.event-id.v1", &[delivery.as_str(), &look], 32);
        body["id"] = json!(id);
        Self { delivery: delivery.clone(), id, body, look }
    }

    /// The same for each time it is sent.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
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
    use checkmate_domain::{Subject, TransitionKind};
    use checkmate_testkit::contracts;

    use super::*;
    use crate::render::tests::{news, outcome};

    fn event(change: TransitionKind, scan: &str) -> Event {
        let news = news("auth0.a.b", "c", "Shop", Some(change));
        let id = DeliveryId::derived("hook", &Subject::Finding(news.record.finding.fingerprint.clone()));
        Event::of(&id, &ScanId::new(scan).unwrap(), &Shape::Event(&news)).unwrap()
    }

    #[test]
    fn the_same_event_has_the_same_id_and_every_other_has_another() {
        let first = event(TransitionKind::Opened, "s1");
        assert_eq!(first, event(TransitionKind::Opened, "s1"));
        let others = [event(TransitionKind::Resolved, "s1"), event(TransitionKind::Opened, "s2")];
        for other in others {
            assert_eq!(first.delivery, other.delivery);
            assert_ne!((first.id(), first.look()), (other.id(), other.look()));
        }
    }

    #[test]
    fn an_event_holds_to_its_contract() {
        let event = event(TransitionKind::Resolved, "s1");
        assert_eq!(event.body()["id"], event.id());
        assert_eq!(event.body()["type"], "checkmate.finding.resolved");
        let Some(schema) = contracts::of("cloudevents", "cloudevents-1.0.schema.json") else { return };
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(event.body()), "{}", event.body());
        let outcome = outcome(vec![]);
        assert_eq!(Event::of(&event.delivery, &outcome.scan, &Shape::Digest(vec![])), None);
    }
}

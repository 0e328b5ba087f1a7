//! What one message shows; pure.

use checkmate_domain::{DeliveryId, hash};
use serde_json::{Value, json};

use crate::policy::{News, Outcome, Shape};
use crate::render::teams;

/// The type of a card, wherever it travels.
const KIND: &str = "application/vnd.microsoft.card.adaptive";

/// A card as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub(super) id: DeliveryId,
    content: Value,
    look: String,
}

impl Card {
    /// The card that a wish asks for; nothing when it asks for something else.
    #[must_use]
    pub fn of(id: &DeliveryId, outcome: &Outcome, shape: &Shape<'_>) -> Option<Self> {
        let content = match shape {
            Shape::Digest(findings) => teams::digest(outcome, findings),
            Shape::Urgent(findings) => teams::urgent(&outcome.scan, findings),
            _ => return None,
        };
        let look = hash::derive("checkmate.teams-look.v1", &[&content.to_string()], 32);
        Some(Self { id: id.clone(), content, look })
    }

    /// How a scope stands, and what has changed since a moment.
    #[must_use]
    pub fn since(id: &DeliveryId, outcome: &Outcome, findings: &[&News], since: &str) -> Self {
        let content = teams::digest_since(outcome, findings, since);
        let look = hash::derive("checkmate.teams-look.v1", &[&content.to_string()], 32);
        Self { id: id.clone(), content, look }
    }

    /// A hash of how it should look: what `look` of its row in the ledger is set to.
    #[must_use]
    pub fn look(&self) -> &str {
        &self.look
    }

    /// As Graph takes it: our id names the card in the message.
    pub(super) fn message(&self) -> Value {
        teams::message(&self.id, &self.content)
    }

    /// As a workflow takes it. Unlike Graph it wants the card as it is, not as text.
    pub(super) fn handed_over(&self) -> Value {
        json!({
            "type": "message",
            "attachments": [{"contentType": KIND, "contentUrl": null, "content": self.content}],
        })
    }
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{ScanId, Subject, TransitionKind};
    use checkmate_testkit::contracts;

    use super::*;
    use crate::render::tests::{news, outcome};

    fn id() -> DeliveryId {
        DeliveryId::derived("r", &Subject::Scan(ScanId::new("s").unwrap()))
    }

    #[test]
    fn however_much_there_is_both_ways_fit_and_hold_to_their_contract() {
        let hostile = "<at>all</at> \"}]} \u{202E} [x](https://evil.example) ".repeat(40);
        let opened = Some(TransitionKind::Opened);
        let many: Vec<News> =
            (0..2_000).map(|n| news("auth0.a.b", &format!("c{n}"), &hostile, opened)).collect();
        let members: Vec<&News> = many.iter().collect();
        let outcome = outcome(vec![]);
        let schema = contracts::of("graph", "teams-workflow-webhook.schema.json");
        for shape in [Shape::Digest(members.clone()), Shape::Urgent(members), Shape::Digest(vec![])] {
            let card = Card::of(&id(), &outcome, &shape).unwrap();
            for body in [card.message(), card.handed_over()] {
                assert!(body.to_string().len() <= 25_000, "{}", body.to_string().len());
            }
            let Some(schema) = &schema else { continue };
            let validator = jsonschema::validator_for(schema).unwrap();
            assert!(validator.is_valid(&card.handed_over()), "{}", card.handed_over());
        }
    }

    #[test]
    fn a_digest_says_what_waits_for_a_person() {
        let shown = |waiting| {
            let outcome = Outcome { waiting, ..outcome(vec![]) };
            Card::of(&id(), &outcome, &Shape::Digest(vec![])).unwrap().content.to_string()
        };
        assert!(!shown(0).contains("approval"));
        assert!(shown(1).contains("1 thing waits for your approval: checkmate approvals list"));
        assert!(shown(3).contains("3 things wait for your approval: checkmate approvals list"));
    }

    #[test]
    fn only_messages_are_cards_and_the_look_is_what_is_seen() {
        let (one, two) = (news("auth0.a.b", "c", "x", None), news("auth0.a.b", "c", "y", None));
        let outcome = outcome(vec![]);
        let look = |shape: &Shape<'_>| Card::of(&id(), &outcome, shape).unwrap().look().to_owned();
        assert_eq!(look(&Shape::Digest(vec![&one])), look(&Shape::Digest(vec![&one])));
        assert_ne!(look(&Shape::Digest(vec![&one])), look(&Shape::Digest(vec![&two])));
        assert_eq!(Card::of(&id(), &outcome, &Shape::Posture(vec![])), None);
    }
}

//! Events for a webhook of the user's own: CloudEvents 1.0, signed, at least once each.
//!
//! Who takes an event tells repeats by its id, which is that of its delivery: the same however often it is sent, and another
//! one for every other change. So one whose answer was lost is sent again. The signature is that of the Standard Webhooks specification: it covers
//! the id, the time of sending and the body.
//!
//! `event` and `trouble` are pure.

mod event;
mod keys;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, Timestamp};
use checkmate_outbound::{BudgetKey, Call, SecretUrl};
use checkmate_store::{LedgerStore, StoreError};

pub use event::Event;
pub use keys::{Keys, WeakKey};
use trouble::{NO_RECEIVER, of_answer};

use crate::Clock;
use crate::ledger::{Promise, Sent, Step, Times};
use crate::sender::{Access, Address, Taken, Trouble, Turn, Turns};

/// How an event travels: as one document.
const KIND: &str = "application/cloudevents+json; charset=UTF-8";

/// Where events go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the route, by which the address is known.
    pub name: String,
    /// The address; what it holds besides the host is shown nowhere.
    pub url: SecretUrl,
    /// What signs.
    pub keys: Arc<Keys>,
    /// When the ledger's steps are due. `hold` is longer than one request.
    pub times: Times,
}

/// Times for a receiver that may be away for long.
#[must_use]
pub fn times() -> Times {
    Times {
        hold: Duration::from_mins(2),
        looks: Vec::new(),
        again: Duration::from_secs(5),
        again_at_most: Duration::from_mins(30),
    }
}

/// Sends events, each a turn at a time. One for a job.
pub struct Sender {
    url: SecretUrl,
    keys: Arc<Keys>,
    turns: Turns,
    access: Arc<dyn Access>,
    budget: BudgetKey,
}

impl Sender {
    /// A sender over these parts. Nothing is leased: the signature is what the receiver believes.
    #[must_use]
    pub fn new(
        settings: Settings,
        store: Arc<dyn LedgerStore>,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let Settings { name, url, keys, times } = settings;
        let budget = BudgetKey::new(format!("webhook:{name}"));
        let turns = Turns::new("event", Promise::AtLeastOnce, times, store, clock);
        Self { url, keys, turns, access, budget }
    }

    /// Takes a row that is due and sends its event.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, event: &Event) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, event.delivery, "an event goes with its own row");
        let (row, until) = match self.turns.take(record, Some(event.look())).await? {
            Taken::Ours(row, Step::Write, _) => return Ok(self.turns.over(row, true)),
            Taken::Ours(row, _, until) => (row, until),
            Taken::Not(turn) => return Ok(turn),
        };
        let sent = match self.send(event, until).await {
            Ok(()) => Some(Sent::Done(None)),
            Err(trouble) => trouble.of_create(NO_RECEIVER),
        };
        self.turns.end(row, sent).await
    }

    async fn send(&self, event: &Event, until: Timestamp) -> Result<(), Trouble> {
        let (url, client, clock) = (&self.url, self.access.client()?, self.turns.clock());
        let seconds = clock.now().as_millis() / 1_000;
        let call = Call::post_to(url)
            .content(KIND, event.body().to_string().into_bytes())
            .header("webhook-id", event.id())
            .header("webhook-timestamp", &seconds.to_string())
            .signed("webhook-signature", self.keys.all(), &format!("{}.{seconds}.", event.id()))
            .budget(self.budget.clone());
        Address { url, client, clock, until, trouble: of_answer }.send(&call).await.map(drop)
    }
}

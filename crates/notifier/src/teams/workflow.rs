//! Cards by way of a workflow's address. Whoever has the address may post, so it is a secret; its answer says that the card
//! was handed over, never that it was posted.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, Secret, Timestamp};
use checkmate_outbound::{Answer, BudgetKey, Call, SecretUrl, SecretUrlError};
use checkmate_store::{LedgerStore, StoreError};

use super::card::Card;
use super::trouble::{NO_WORKFLOW, of_workflow};
use crate::Clock;
use crate::ledger::{Promise, Sent, Times};
use crate::render::line;
use crate::sender::{Access, Address, Taken, Trouble, Turn, Turns};

/// Microsoft's own pace, a quarter of what it refuses.
pub const PACE: Duration = Duration::from_secs(1);
/// Where workflows are.
const HOSTS: &[&str] = &[".environment.api.powerplatform.com", ".logic.azure.com"];
/// What stands in place of a name: nobody says what became of a card.
const HANDED_OVER: &str = "handed over";

/// An address of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowUrl(SecretUrl);

/// Why a secret is no address of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowUrlError {
    /// It is no address.
    #[error(transparent)]
    Address(#[from] SecretUrlError),
    /// It leads somewhere else.
    #[error(
        "{0} is no host of workflows: copy the address that the trigger 'When a Teams webhook request is received' shows; its host ends in .environment.api.powerplatform.com"
    )]
    Elsewhere(String),
}

impl WorkflowUrl {
    /// Reads an address out of a secret. A card goes to Microsoft, or stays on this machine.
    ///
    /// # Errors
    /// When it is none, or leads somewhere else.
    pub fn read(secret: &Secret) -> Result<Self, WorkflowUrlError> {
        let url = SecretUrl::read(secret)?;
        if url.is_loopback() || HOSTS.iter().any(|host| url.host().ends_with(host)) {
            return Ok(Self(url));
        }
        Err(WorkflowUrlError::Elsewhere(url.host().to_owned()))
    }
}

/// Where cards go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the route, by which the address is known.
    pub name: String,
    /// The address.
    pub url: WorkflowUrl,
    /// Between two cards: [`PACE`].
    pub pace: Duration,
    /// When the ledger's steps are due. `hold` is longer than one request.
    pub times: Times,
}

/// Hands cards over, each a turn at a time. One for a job.
pub struct Sender {
    url: SecretUrl,
    pace: Duration,
    turns: Turns,
    access: Arc<dyn Access>,
    budget: BudgetKey,
}

impl Sender {
    /// A sender over these parts. Nothing is leased: the address lets the card in.
    #[must_use]
    pub fn new(
        settings: Settings,
        store: Arc<dyn LedgerStore>,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let Settings { name, url, pace, times } = settings;
        let budget = BudgetKey::new(format!("workflow:{name}"));
        let turns = Turns::new("card", Promise::AtMostOnce, times, store, clock);
        Self { url: url.0, pace, turns, access, budget }
    }

    /// Takes a row that is due and hands its card over, unless that was done or may have been.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, card: &Card) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, card.id, "a card goes with its own row");
        let (row, until) = match self.turns.take_once(record).await? {
            Taken::Ours(row, _, until) => (row, until),
            Taken::Not(turn) => return Ok(turn),
        };
        let sent = match self.hand_over(card, until).await {
            Ok(answer) => Some(Sent::Done(Some(run(&answer)))),
            Err(trouble) => trouble.of_create(NO_WORKFLOW),
        };
        self.turns.end(row, sent).await
    }

    async fn hand_over(&self, card: &Card, until: Timestamp) -> Result<Answer, Trouble> {
        let (url, client, clock) = (&self.url, self.access.client()?, self.turns.clock());
        let call = Call::post_to(url).json(&card.handed_over()).budget(self.budget.clone()).paced(self.pace);
        Address { url, client, clock, until, trouble: of_workflow }.send(&call).await
    }
}

/// That it was handed over, and the run that took it where the answer says which: in the history of the workflow a person
/// sees what became of it.
fn run(answer: &Answer) -> String {
    let told = answer.headers.get("x-ms-workflow-run-id").and_then(|value| value.to_str().ok());
    told.map_or_else(|| HANDED_OVER.to_owned(), |id| format!("{HANDED_OVER}, run {}", line(id, 100)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WorkflowUrl, WorkflowUrlError> {
        WorkflowUrl::read(&Secret::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn cards_go_to_microsoft_or_stay_on_this_machine() {
        for good in [
            "https://default12ab.34.environment.api.powerplatform.com:443/powerautomate/x?sig=secret",
            "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=secret",
            "http://127.0.0.1:9/powerautomate/x?sig=secret",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "https://acme.webhook.office.com/secret",
            "https://logic.azure.com.evil.example/secret",
            "https://evil.example/?x=.logic.azure.com&sig=secret",
            "http://x.logic.azure.com/secret",
            "secret",
        ] {
            let told = read(bad).unwrap_err();
            assert!(!format!("{told} {told:?}").contains("secret"), "{told}");
        }
    }
}

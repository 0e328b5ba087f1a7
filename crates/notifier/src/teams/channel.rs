//! Messages in a channel, posted as the user of a connection by way of Microsoft Graph.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, Timestamp};
use checkmate_outbound::{BaseUrl, BudgetKey, Repeat};
use checkmate_store::{LedgerStore, StoreError};
use serde::Deserialize;

use super::card::Card;
use super::trouble::{NO_CHANNEL, of_graph};
use crate::Clock;
use crate::ledger::{Looked, Promise, Sent, Step, Times};
use crate::sender::{Access, Api, Method, Request, Taken, Trouble, Turn, Turns};

/// What a credential must be allowed for messages. There is no way to post for an application.
pub const SCOPES: &[&str] = &["ChannelMessage.Send"];
/// The same where messages are looked for; an administrator has to allow it.
pub const SCOPES_READING: &[&str] = &["ChannelMessage.Send", "ChannelMessage.Read.All"];
/// Microsoft's own pace: one message in a second to one channel.
pub const PACE: Duration = Duration::from_secs(1);

/// The messages that are looked through: as many as Graph shows at once. Ours is a minute old.
const YOUNGEST: &str = "50";

/// Where messages go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://graph.microsoft.com/v1.0`.
    pub base: BaseUrl,
    /// Id of the team.
    pub team: String,
    /// Id of the channel.
    pub channel: String,
    /// Between two messages to the channel: [`PACE`].
    pub pace: Duration,
    /// Whether the connection may read messages: then one whose answer was lost is looked for.
    pub reads: bool,
    /// When the ledger's steps are due. `hold` is longer than one request.
    pub times: Times,
}

/// Posts, each a turn at a time. One for a job, as it holds the job's lease.
pub struct Sender {
    base: BaseUrl,
    team: String,
    channel: String,
    pace: Duration,
    turns: Turns,
    access: Arc<dyn Access>,
    budget: BudgetKey,
}

/// A message that was posted.
#[derive(Debug, Deserialize)]
struct Posted {
    id: String,
}

/// Messages of a channel, the youngest first.
#[derive(Debug, Deserialize)]
struct Messages {
    value: Vec<Message>,
}

/// One of them.
#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    attachments: Option<Vec<Attachment>>,
}

/// What is on it.
#[derive(Debug, Deserialize)]
struct Attachment {
    id: Option<String>,
}

impl Sender {
    /// A sender over these parts.
    #[must_use]
    pub fn new(
        settings: Settings,
        store: Arc<dyn LedgerStore>,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let Settings { base, team, channel, pace, reads, times } = settings;
        let budget = BudgetKey::new(format!("teams:{team}/{channel}"));
        let promise = if reads { Promise::AtMostOnceSeen } else { Promise::AtMostOnce };
        let turns = Turns::new("message", promise, times, store, clock);
        Self { base, team, channel, pace, turns, access, budget }
    }

    /// Takes a row that is due and posts its card, unless it was posted or may have been.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, card: &Card) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, card.id, "a card goes with its own row");
        let (mut row, step, until) = match self.turns.take_once(record).await? {
            Taken::Ours(row, step, until) => (row, step, until),
            Taken::Not(turn) => return Ok(turn),
        };
        let api = self.api(until);
        if step == Step::Look {
            let (looked, wait) = self.look(&api, card).await;
            let ours = self.turns.looked(&mut row, looked, wait).await?;
            return Ok(self.turns.over(row, ours));
        }
        let sent = match self.post(&api, card).await {
            Ok(id) => Some(Sent::Done(Some(id))),
            Err(trouble) => trouble.of_create(NO_CHANNEL),
        };
        self.turns.end(row, sent).await
    }

    fn api(&self, until: Timestamp) -> Api<'_> {
        Api {
            base: &self.base,
            root: &[],
            budget: &self.budget,
            access: &*self.access,
            clock: self.turns.clock(),
            until,
            trouble: of_graph,
        }
    }

    fn path(&self) -> [&str; 5] {
        ["teams", &self.team, "channels", &self.channel, "messages"]
    }

    /// Posts it; its id. Never repeated, whatever comes back.
    async fn post(&self, api: &Api<'_>, card: &Card) -> Result<String, Trouble> {
        let request = Request::new(Method::Post, &self.path(), Repeat::Never).with(card.message());
        let request = Request { pace: Some(self.pace), ..request };
        Ok(api.ask::<Posted>(&request).await?.id)
    }

    /// Looks for it among the youngest messages, and when to look again if somebody says so.
    async fn look(&self, api: &Api<'_>, card: &Card) -> (Looked, Option<Duration>) {
        let request = Request::get(&self.path(), &[("$top", YOUNGEST)]);
        match api.ask::<Messages>(&request).await {
            Ok(messages) => (messages.of(&card.id).map_or(Looked::NotSeen, Looked::There), None),
            Err(
                trouble
                @ (Trouble::Later(..) | Trouble::Unclear(_) | Trouble::Conflict(_) | Trouble::TooLate),
            ) => {
                let wait = trouble.wait(self.turns.times().again_at_most);
                (Looked::Failed(trouble.to_string()), wait)
            }
            Err(trouble) => (
                Looked::Forbidden(format!("its answer was lost, and it cannot be looked for: {trouble}")),
                None,
            ),
        }
    }
}

impl Messages {
    /// The message whose card has this id.
    fn of(self, id: &DeliveryId) -> Option<String> {
        let is_ours = |one: &Attachment| one.id.as_deref() == Some(id.as_str());
        let ours = |message: &Message| message.attachments.iter().flatten().any(is_ours);
        self.value.into_iter().find(ours).map(|message| message.id)
    }
}

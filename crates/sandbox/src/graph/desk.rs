//! A look at the channels from outside.

use serde_json::Value;

use super::model::{Message, Run};
use crate::office::Office;

/// The messages and runs of a place.
pub struct Desk<'a>(&'a Office);

impl Office {
    /// The messages.
    #[must_use]
    pub const fn teams(&self) -> Desk<'_> {
        Desk(self)
    }
}

impl Desk<'_> {
    /// Every message, replies too, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.0.shared.lock().graph.messages.clone()
    }

    /// A channel's messages without the replies, oldest first.
    #[must_use]
    pub fn in_channel(&self, team: &str, channel: &str) -> Vec<Message> {
        let fits = |one: &Message| one.team == team && one.channel == channel && one.reply_to.is_none();
        self.messages().into_iter().filter(fits).collect()
    }

    /// The replies to a message, oldest first.
    #[must_use]
    pub fn replies(&self, id: &str) -> Vec<Message> {
        self.messages().into_iter().filter(|one| one.reply_to.as_deref() == Some(id)).collect()
    }

    /// Every run of the workflow, oldest first.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        self.0.shared.lock().workflow.runs.clone()
    }

    /// Every card that was posted, by Graph or by the workflow; those of Graph first.
    #[must_use]
    pub fn cards(&self) -> Vec<Value> {
        let graph = self.messages().into_iter().flat_map(|message| message.cards).map(|card| card.content);
        let runs = self.runs().into_iter().filter(|run| run.failed.is_none());
        let by_workflow =
            runs.flat_map(|run| run.body["attachments"].as_array().cloned().unwrap_or_default());
        graph.chain(by_workflow.map(|attachment| attachment["content"].clone())).collect()
    }
}

//! What a tenant of Teams consists of.

use std::time::Duration;

use checkmate_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A card on a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Its id, which the text of the message names.
    pub id: String,
    /// The card, read.
    pub content: Value,
}

/// A message in a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id: milliseconds since 1970.
    pub id: String,
    /// Of the team.
    pub team: String,
    /// Of the channel.
    pub channel: String,
    /// Id of the message it answers.
    pub reply_to: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// `text` or `html`.
    pub content_type: String,
    /// Its text.
    pub content: String,
    /// Its cards.
    pub cards: Vec<Card>,
    /// Its attachments as they were sent.
    pub attachments: Value,
    /// When it was posted.
    pub created: Timestamp,
    /// When it was changed.
    pub edited: Option<Timestamp>,
}

/// A run of the workflow: 202 was answered, whatever became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When.
    pub at: Timestamp,
    /// What was sent.
    pub body: Value,
    /// Why no card was posted.
    pub failed: Option<String>,
}

/// What is allowed per time, in Microsoft's time. Nothing is limited where a number is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages per second to one channel.
    pub channel: Option<usize>,
    /// Messages in a day to one channel.
    pub channel_day: Option<usize>,
    /// Requests per second about one team.
    pub team: Option<usize>,
    /// Requests per second to one workflow.
    pub workflow: Option<usize>,
    /// The largest message with its cards, in bytes.
    pub message: usize,
}

impl Limits {
    /// As documented.
    #[must_use]
    pub const fn documented() -> Self {
        Self {
            channel: Some(1),
            channel_day: Some(3_000),
            team: Some(4),
            workflow: Some(4),
            message: 28 << 10,
        }
    }

    /// Without limits per time.
    #[must_use]
    pub const fn none() -> Self {
        Self { channel: None, channel_day: None, team: None, workflow: None, message: 28 << 10 }
    }
}

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

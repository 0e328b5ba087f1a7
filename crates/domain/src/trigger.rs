//! Why a scan was asked for and by whom; kept with the scan for as long as the scan is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What made a scan start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TriggerKind {
    /// A tick of a configured schedule.
    Schedule,
    /// A webhook of a vendor.
    Webhook,
    /// A message of another system.
    Message,
    /// A ticket that was moved.
    Ticket,
    /// A person.
    Manual,
}

/// A trigger and who is behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// What made the scan start.
    pub kind: TriggerKind,
    /// A user name, a schedule name, or a broker user with the reason it gave; shown, never interpreted.
    pub who: String,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            TriggerKind::Schedule => "schedule",
            TriggerKind::Webhook => "webhook",
            TriggerKind::Message => "message",
            TriggerKind::Ticket => "ticket",
            TriggerKind::Manual => "manual",
        };
        write!(f, "{kind} by {}", self.who)
    }
}

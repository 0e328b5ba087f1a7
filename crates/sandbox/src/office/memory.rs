//! What a place remembers when it ends and is started again: tickets, pages, messages and events, and no token.

use serde::{Deserialize, Serialize};

use super::{Office, OfficeBuilder};
use crate::confluence::KeptPages;
use crate::graph::{Message, Run};
use crate::jira::KeptTickets;
use crate::webhook::Delivery;

/// The form of the text.
const FORM: u32 = 1;

/// All that is remembered.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    form: u32,
    tickets: KeptTickets,
    pages: KeptPages,
    messages: Vec<Message>,
    runs: Vec<Run>,
    events: Vec<Delivery>,
}

impl OfficeBuilder {
    /// With what an earlier one remembered; see [`Office::memory`].
    ///
    /// # Errors
    /// When the text is not what an office of this version wrote.
    pub fn remembering(mut self, memory: &str) -> Result<Self, serde_json::Error> {
        let memory: Memory = serde_json::from_str(memory)?;
        if memory.form != FORM {
            return Err(serde::de::Error::custom(format!("its form is {}, not {FORM}", memory.form)));
        }
        self.jira.remember(memory.tickets);
        self.confluence.remember(memory.pages);
        self.graph.remember(memory.messages);
        self.workflow.remember(memory.runs);
        self.hooks.remember(memory.events);
        Ok(self)
    }
}

impl Office {
    /// What it remembers, for [`OfficeBuilder::remembering`].
    #[must_use]
    pub fn memory(&self) -> String {
        let state = self.shared.lock();
        let memory = Memory {
            form: FORM,
            tickets: state.jira.kept(),
            pages: state.confluence.kept(),
            messages: state.graph.messages().to_vec(),
            runs: state.workflow.runs().to_vec(),
            events: state.hooks.all().to_vec(),
        };
        // Nothing in it can fail to be written: keys are text, and there are no floats.
        serde_json::to_string(&memory).unwrap_or_default()
    }
}

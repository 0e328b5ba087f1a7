//! One site of Jira Cloud, for as long as one turn takes.

use checkmate_outbound::Answer;
use serde::de::DeserializeOwned;

use crate::sender::{Api, Request, Trouble};

/// A site.
pub(super) struct Site<'a>(pub(super) Api<'a>);

impl Site<'_> {
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Trouble> {
        self.0.send(request).await
    }

    pub(super) async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Trouble> {
        self.0.ask(request).await
    }
}

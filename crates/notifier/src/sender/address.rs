//! Requests to an address that is a secret, without any other credential.

use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_outbound::{Answer, Call, CallError, Client, SecretUrl};

use super::trouble::{Trouble, of_call};
use crate::Clock;

/// An address, for as long as one turn takes.
pub(crate) struct Address<'a> {
    pub(crate) url: &'a SecretUrl,
    pub(crate) client: &'a Client,
    pub(crate) clock: &'a dyn Clock,
    /// From then on somebody else may be at the same delivery.
    pub(crate) until: Timestamp,
    /// What an answer that is no success means: by status, wait and what was said.
    pub(crate) trouble: fn(u16, Option<Duration>, &str) -> Trouble,
}

impl Address<'_> {
    /// Sends a call to it. What it answers may repeat the address: that is left out.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Answer, Trouble> {
        if self.clock.now() >= self.until {
            return Err(Trouble::TooLate);
        }
        let answer = self.client.send(call).await.map_err(|error| match error {
            // Nobody there took it: its sender is shown the way, and it is not followed.
            CallError::Redirected { .. } => Trouble::Unusable(error.to_string()),
            error => of_call(&error),
        })?;
        if answer.is_success() {
            return Ok(answer);
        }
        let said = self.url.hidden_in(&String::from_utf8_lossy(&answer.body));
        Err((self.trouble)(answer.status, answer.retry_after(self.clock.now()), &said))
    }
}

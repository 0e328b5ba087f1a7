//! What came back.

use std::time::Duration;

use checkmate_domain::Timestamp;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::CallError;
use crate::rate::{self, RateSeen};

/// An answer of a vendor, whatever its status. Its body is overwritten when it is dropped: it may hold a credential.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, within the cap.
    pub body: Zeroizing<Vec<u8>>,
    /// At which attempt it came, the first being 1.
    pub attempts: u32,
    /// Whether an attempt before this one may have done what was asked: its answer was lost.
    pub maybe_done_before: bool,
    pub(crate) host: String,
}

impl Answer {
    /// Whether the vendor did what it was asked.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`CallError::Unreadable`]; repeats nothing of the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| CallError::Unreadable {
            host: self.host.clone(),
            why: format!("not the JSON that was expected (line {}, column {})", error.line(), error.column()),
        })
    }

    /// How long the vendor asks to wait, counted from `now`.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        self.rate(now).pause(now)
    }

    /// What it says about limits.
    #[must_use]
    pub fn rate(&self, now: Timestamp) -> RateSeen {
        RateSeen::of(&self.headers, self.date().unwrap_or(now), now)
    }

    /// The vendor's clock, to the second.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        rate::date(self.headers.get("date")?.to_str().ok()?)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("host", &self.host)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

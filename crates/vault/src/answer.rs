//! Answers of the token endpoint: bytes to what they say. Pure.

use std::borrow::Cow;
use std::time::Duration;

use checkmate_domain::{Scopes, Secret, Timestamp};
use serde::Deserialize;

use crate::classify::{Cause, classify};

/// Assumed where a provider names no expiry, as Auth0's own libraries do, in seconds.
const NO_EXPIRY: u64 = 3_600;
/// The longest life that is believed, in seconds.
const LONGEST_LIFE: u64 = 30 * 24 * 3_600;
/// The longest text of a vendor that is shown.
const LONGEST_TEXT: usize = 300;

/// What an exchange brought.
pub(crate) struct Granted {
    pub(crate) secret: Secret,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Timestamp,
}

/// The body of a good answer. Borrowed from it, so that there is no second copy.
#[derive(Deserialize)]
struct Good<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
    expires_in: Option<u64>,
}

/// The body of a refusal.
#[derive(Default, Deserialize)]
struct Bad {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The token of a good answer; or why it is none.
pub(crate) fn granted(body: &[u8], now: Timestamp) -> Result<Granted, &'static str> {
    let good: Good<'_> = serde_json::from_slice(body).map_err(|_| "not the JSON of a token")?;
    if good.access_token.is_empty() {
        return Err("an empty token");
    }
    let secret = Secret::new(good.access_token.as_bytes().to_vec());
    let scopes = good.scope.parse().map_err(|_| "its scopes")?;
    let seconds = good.expires_in.unwrap_or(NO_EXPIRY).min(LONGEST_LIFE);
    Ok(Granted { secret, scopes, expires_at: now.plus(Duration::from_secs(seconds)) })
}

/// What a refusal means, and its own words, if it has any.
pub(crate) fn refusal(status: u16, body: &[u8]) -> (Cause, Option<String>) {
    let bad: Bad = serde_json::from_slice(body).unwrap_or_default();
    let cause = classify(status, &bad.error, &bad.error_description);
    let said = match (bad.error.as_str(), bad.error_description.as_str()) {
        ("", "") => None,
        (error, "") => Some(plain(error)),
        (error, description) => Some(plain(&format!("{error}: {description}"))),
    };
    (cause, said)
}

/// A vendor's text, fit for a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT).collect()
}

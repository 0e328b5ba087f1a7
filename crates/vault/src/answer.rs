//! Answers of the token endpoint: bytes to what they say. Pure.

use std::borrow::Cow;
use std::time::Duration;

use checkmate_domain::{Scopes, Secret, Timestamp};
use serde::Deserialize;
use serde_json::Value;

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

/// The body of a good answer. Borrowed from it, so that there is no second copy. Only the token itself has to have its form:
/// what was granted was granted, whatever stands beside it.
#[derive(Deserialize)]
struct Good<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(default)]
    scope: Value,
    #[serde(default)]
    expires_in: Value,
}

/// The token of a good answer; or why it is none.
pub(crate) fn granted(body: &[u8], now: Timestamp) -> Result<Granted, &'static str> {
    let good: Good<'_> = serde_json::from_slice(body).map_err(|_| "not the JSON of a token")?;
    if good.access_token.is_empty() {
        return Err("an empty token");
    }
    let secret = Secret::new(good.access_token.as_bytes().to_vec());
    let scopes = scopes(good.scope.as_str().unwrap_or_default());
    let life = Duration::from_secs(seconds(&good.expires_in).unwrap_or(NO_EXPIRY).min(LONGEST_LIFE));
    Ok(Granted { secret, scopes, expires_at: now.plus(life) })
}

/// The scopes that can be read, as many as are kept: fewer than were granted is never more than was granted.
fn scopes(text: &str) -> Scopes {
    let mut kept = Scopes::default();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if let Ok(more) = format!("{kept} {word}").parse() {
            kept = more;
        }
    }
    kept
}

/// A number, or a text that is one; nothing where it is no time to come.
fn seconds(said: &Value) -> Option<u64> {
    let text = match said {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.split('.').next()?.parse().ok().filter(|seconds| *seconds > 0)
}

/// What a refusal means, and its own words, if it has any.
pub(crate) fn refusal(status: u16, body: &[u8]) -> (Cause, Option<String>) {
    let bad: Value = serde_json::from_slice(body).unwrap_or_default();
    // Each by itself: that one is odd takes nothing from the other.
    let text = |key: &str| match bad.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let (error, description) = (text("error"), text("error_description"));
    let cause = classify(status, &error, &description);
    let said = match (error.as_str(), description.as_str()) {
        ("", "") => None,
        (error, "") => Some(plain(error)),
        (error, description) => Some(plain(&format!("{error}: {description}"))),
    };
    (cause, said)
}

/// A vendor's text, fit for a line.
fn plain(text: &str) -> String {
    // Also marks that turn text around or are not seen at all.
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    text.chars().map(|c| if harmful(c) { ' ' } else { c }).take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_granted_is_read_whatever_stands_beside_it() {
        let now = Timestamp::from_millis(0);
        for (rest, scopes, seconds) in [
            (r#""scope": "a b", "expires_in": 60"#, "a b", 60),
            (r#""scope": "a,b", "expires_in": "60""#, "a b", 60),
            (r#""scope": null, "expires_in": 3600.0"#, "", 3_600),
            (r#""expires_in": -1"#, "", 3_600),
            (r#""scope": ["a"], "expires_in": {}"#, "", 3_600),
        ] {
            let body = format!(r#"{{"access_token": "t", {rest}}}"#);
            let granted = granted(body.as_bytes(), now).unwrap_or_else(|why| panic!("{body}: {why}"));
            assert_eq!(granted.scopes.to_string(), scopes, "{body}");
            assert_eq!(granted.expires_at, now.plus(Duration::from_secs(seconds)), "{body}");
        }
        let many: Vec<String> = (0..500).map(|n| format!("scope:{n}")).collect();
        let body = format!(r#"{{"access_token": "t", "scope": "{}"}}"#, many.join(" "));
        assert!(granted(body.as_bytes(), now).is_ok());
        assert!(granted(br#"{"access_token": null}"#, now).is_err());
    }

    #[test]
    fn one_odd_field_takes_nothing_from_the_others() {
        for description in ["null", "{\"a\": 1}", "7", "\"text\""] {
            let body = format!(
                r#"{{"error": "federated_connection_refresh_token_not_found", "error_description": {description}}}"#
            );
            let (cause, said) = refusal(401, body.as_bytes());
            assert_eq!(cause, Cause::NotConnected, "{body}");
            assert!(said.is_some_and(|said| said.starts_with("federated_connection")), "{body}");
        }
        assert_eq!(refusal(400, b"<html>"), (Cause::Unknown, None));
    }
}

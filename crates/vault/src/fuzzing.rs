//! Entry points for fuzzing: bytes from outside, and the laws that hold of what they become.

use checkmate_domain::Timestamp;

use crate::classify::Cause;
use crate::{answer, callback};

/// An answer of the token endpoint: a token that ends within a month, or words fit for a line.
///
/// # Panics
/// When a law is broken.
pub fn token_answer(status: u16, body: &[u8]) {
    let now = Timestamp::from_millis(1_790_000_000_000);
    if let Ok(granted) = answer::granted(body, now) {
        let life = granted.expires_at.since(now);
        assert!(life.as_secs() <= 30 * 24 * 3_600, "{life:?}");
        assert!(!granted.secret.is_empty(), "an empty token");
        let again = granted.scopes.to_string().parse();
        assert_eq!(again.as_ref(), Ok(&granted.scopes), "scopes read back");
    }
    let (cause, said) = answer::refusal(status, body);
    let passing = matches!(cause, Cause::Down | Cause::RateLimited);
    assert!(passing || status < 500, "a tenant in trouble is {cause:?}");
    let said = said.unwrap_or_default();
    assert!(said.chars().count() <= 300 && !said.chars().any(char::is_control), "{said:?}");
}

/// What a browser brings back: nothing, or parameters of our own path.
///
/// # Panics
/// When a law is broken.
pub fn browser_request(head: &[u8]) {
    if let Some(query) = callback::query(head) {
        assert!(head.starts_with(b"GET /callback?"), "another path");
        let told: usize = query.iter().map(|(name, value)| name.len() + value.len()).sum();
        // What is no UTF-8 becomes a mark of three bytes.
        assert!(told <= head.len() * 3, "more than was sent");
    }
}

//! A request as it is sent: `{"schema": 1, "id": "…", "scope": "export:acme", "reason": "…"}`, and nothing else.

use checkmate_domain::{Scope, ScopeError};
use serde::Deserialize;

/// The longest request that is read, in bytes.
pub const MAX_REQUEST: usize = 16 * 1024;
/// The version of the form.
const SCHEMA: u32 = 1;
/// The longest id, scope and reason, in bytes.
const LONGEST: (usize, usize, usize) = (200, 500, 2_000);

/// Somebody asks for a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The sender's id for it; the same id of the same sender is the same scan.
    pub id: String,
    /// What to scan.
    pub scope: Scope,
    /// Why, for a person.
    pub reason: String,
}

/// Why a message is no request. Repeats none of its content but the scope's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody reads so much.
    #[error("a request of {0} bytes; {most} are the most", most = MAX_REQUEST)]
    TooLong(usize),
    /// No JSON of that form.
    #[error(
        "not a request (line {line}, column {column}): send {{\"schema\": 1, \"id\": …, \"scope\": …, \"reason\": …}}"
    )]
    Form {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// Another version of the form.
    #[error("request of schema {0}; this release takes schema {known}", known = SCHEMA)]
    Schema(u32),
    /// An id, scope or reason that is empty, too long, or holds control characters.
    #[error("the request's {0} is empty, too long, or holds control characters")]
    Text(&'static str),
    /// What is asked for is no scope.
    #[error("the request's scope: {0}")]
    Scope(#[from] ScopeError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    id: String,
    scope: String,
    reason: String,
}

impl Request {
    /// Reads a message.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > MAX_REQUEST {
            return Err(RequestError::TooLong(body.len()));
        }
        let form =
            |error: serde_json::Error| RequestError::Form { line: error.line(), column: error.column() };
        let wire: Wire = serde_json::from_slice(body).map_err(form)?;
        if wire.schema != SCHEMA {
            return Err(RequestError::Schema(wire.schema));
        }
        let plain = |text: &str, longest: usize| {
            !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
        };
        if !plain(&wire.id, LONGEST.0) {
            return Err(RequestError::Text("id"));
        }
        if !plain(&wire.scope, LONGEST.1) {
            return Err(RequestError::Text("scope"));
        }
        if !plain(&wire.reason, LONGEST.2) {
            return Err(RequestError::Text("reason"));
        }
        Ok(Self { scope: wire.scope.parse()?, id: wire.id, reason: wire.reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{"schema": 1, "id": "r-1", "scope": "export:acme", "reason": "deployed"}"#;

    #[test]
    fn a_request_is_read() {
        let request = Request::read(GOOD.as_bytes()).unwrap();
        assert_eq!((request.id.as_str(), request.reason.as_str()), ("r-1", "deployed"));
        assert_eq!(request.scope, Scope::Export("acme".to_owned()));
    }

    #[test]
    fn everything_else_is_refused() {
        let without = |what: &str, with: &str| GOOD.replace(what, with);
        for (bad, says) in [
            (String::new(), "not a request"),
            ("[]".to_owned(), "not a request"),
            (without("\"reason\": \"deployed\"", "\"why\": \"x\""), "not a request"),
            (without("}", ", \"lane\": \"interactive\"}"), "not a request"),
            (without("}", ", \"id\": \"r-2\"}"), "not a request"),
            (without("\"schema\": 1", "\"schema\": \"1\""), "not a request"),
            (without("\"schema\": 1", "\"schema\": 2"), "schema 2"),
            (without("r-1", ""), "request's id"),
            (without("r-1", "a\\u0007b"), "request's id"),
            (without("r-1", &"x".repeat(201)), "request's id"),
            (without("deployed", ""), "request's reason"),
            (without("deployed", &"x".repeat(2_001)), "request's reason"),
            (without("export:acme", "export:a\\u0007b"), "request's scope"),
            (without("export:acme", "path:/etc"), "path:"),
            (without("export:acme", "ftp:x"), "ftp"),
            (format!("{GOOD}{}", " ".repeat(MAX_REQUEST)), "16384 are the most"),
        ] {
            let error = Request::read(bad.as_bytes()).expect_err(&bad).to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    /// What holds of every message: it is within its bounds, or refused in one short line.
    fn read_or_refused(bytes: &[u8]) -> Result<(), TestCaseError> {
        match Request::read(bytes) {
            Ok(request) => {
                prop_assert!(bytes.len() <= MAX_REQUEST);
                prop_assert!((1..=LONGEST.0).contains(&request.id.len()));
                prop_assert!((1..=LONGEST.2).contains(&request.reason.len()));
                prop_assert!(!(request.id + &request.reason).contains(char::is_control));
            }
            Err(error) => {
                let line = error.to_string();
                prop_assert!(line.len() < 1_000 && !line.contains(char::is_control), "{line:?}");
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn a_damaged_request_is_read_within_bounds_or_refused(
            at in 0..GOOD.len(),
            cut in 0..30_usize,
            put in proptest::collection::vec(any::<u8>(), 0..30),
        ) {
            let mut bytes = GOOD.as_bytes().to_vec();
            let end = (at + cut).min(bytes.len());
            drop(bytes.splice(at..end, put));
            read_or_refused(&bytes)?;
        }

        #[test]
        fn what_is_read_is_what_was_sent(
            id in ".{0,220}",
            scope in "(export|auth0|ftp):[a-z.\u{7}]{0,8}",
            reason in ".{0,40}",
        ) {
            let sent = serde_json::json!({ "schema": 1, "id": id, "scope": scope, "reason": reason });
            let sent = sent.to_string();
            read_or_refused(sent.as_bytes())?;
            if let Ok(request) = Request::read(sent.as_bytes()) {
                prop_assert_eq!((request.id, request.scope.to_string(), request.reason), (id, scope, reason));
            }
        }
    }
}

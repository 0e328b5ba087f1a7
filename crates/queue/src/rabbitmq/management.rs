//! The broker's management API over HTTP.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::config::Management;
use super::credentials::authorise;
use crate::contract::BrokerError;

/// A client for one broker and user, made when it is first used: most roles never ask.
#[derive(Debug)]
pub(super) struct Api {
    http: OnceLock<reqwest::Client>,
    at: Management,
    extra_ca: Vec<reqwest::Certificate>,
    at_most: Duration,
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The broker cannot be reached there or took too long.
    #[error("management API at {url}: {what}")]
    Unreachable {
        /// Where.
        url: String,
        /// What happened.
        what: String,
    },
    /// It does not know the user or the user may not do this.
    #[error("management API: user '{user}' may not {what}: it needs the tag {needs}")]
    Forbidden {
        /// Who asked.
        user: String,
        /// For what.
        what: String,
        /// What would permit it.
        needs: &'static str,
    },
    /// There is no such thing.
    #[error("management API: {0} does not exist")]
    Missing(String),
    /// It refused, with its reason.
    #[error("management API: {what}: {reason}")]
    Refused {
        /// What was asked.
        what: String,
        /// The broker's words.
        reason: String,
    },
}

impl From<ApiError> for BrokerError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable { .. } => Self::Unavailable(error.to_string()),
            ApiError::Missing(_) => Self::Topology(error.to_string()),
            ApiError::Forbidden { .. } | ApiError::Refused { .. } => Self::Misconfigured(error.to_string()),
        }
    }
}

impl Api {
    /// # Errors
    /// When a certificate cannot be read.
    pub(super) fn new(at: Management, at_most: Duration) -> Result<Self, BrokerError> {
        let bad = |error| BrokerError::Misconfigured(format!("certificates for the management API: {error}"));
        let bundle = at.extra_ca.as_deref().map(|pem| reqwest::Certificate::from_pem_bundle(pem.as_bytes()));
        let extra_ca = bundle.transpose().map_err(bad)?.unwrap_or_default();
        Ok(Self { http: OnceLock::new(), at, extra_ca, at_most })
    }

    fn http(&self) -> Result<&reqwest::Client, reqwest::Error> {
        if let Some(made) = self.http.get() {
            return Ok(made);
        }
        let builder = reqwest::Client::builder().timeout(self.at_most).connect_timeout(self.at_most);
        let add = |builder: reqwest::ClientBuilder, ca: &reqwest::Certificate| {
            builder.add_root_certificate(ca.clone())
        };
        let made = self.extra_ca.iter().fold(builder, add).build()?;
        Ok(self.http.get_or_init(|| made))
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let answer = self.ask(Method::GET, path, None).await?;
        serde_json::from_value(answer).map_err(|error| ApiError::Refused {
            what: path.to_owned(),
            reason: format!("unexpected answer: {error}"),
        })
    }

    /// Reads something that may not exist.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ApiError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(ApiError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes something.
    pub(super) async fn put(&self, path: &str, body: Value) -> Result<(), ApiError> {
        self.ask(Method::PUT, path, Some(body)).await.map(drop)
    }

    /// Adds something.
    pub(super) async fn post(&self, path: &str, body: Value) -> Result<(), ApiError> {
        self.ask(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ApiError> {
        let what = format!("{method} {path}");
        let url = format!("{}{path}", self.at.url.as_str().trim_end_matches('/'));
        let unreachable = |error: reqwest::Error| ApiError::Unreachable {
            url: self.at.url.to_string(),
            what: without_url(error),
        };
        let http = self.http().map_err(unreachable)?;
        let mut request = authorise(http.request(method.clone(), url), &self.at.user, &self.at.password);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        match status {
            status if status.is_success() => Ok(serde_json::from_str(&text).unwrap_or(Value::Null)),
            StatusCode::NOT_FOUND => Err(ApiError::Missing(path.to_owned())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let needs = if method == Method::GET { "monitoring" } else { "administrator" };
                Err(ApiError::Forbidden { user: self.at.user.clone(), what, needs })
            }
            _ => Err(ApiError::Refused { what, reason: reason(&text) }),
        }
    }
}

fn without_url(error: reqwest::Error) -> String {
    use std::error::Error as _;
    let error = error.without_url();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn reason(text: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    let said = parsed.as_ref().and_then(|answer| answer["reason"].as_str());
    said.unwrap_or(text).chars().take(500).collect()
}

/// Percent-encodes what stands between two slashes.
pub(super) fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded() {
        assert_eq!(segment("/"), "%2F");
        assert_eq!(segment("checkmate.dead"), "checkmate.dead");
        assert_eq!(segment("a b/ä"), "a%20b%2F%C3%A4");
    }

    #[test]
    fn reasons_are_found() {
        assert_eq!(reason(r#"{"error":"bad_request","reason":"no such policy key"}"#), "no such policy key");
        assert_eq!(reason("plain"), "plain");
    }
}

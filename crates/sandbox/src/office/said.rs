//! A request and an answer in one piece, and what a request needs to be answered.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use checkmate_domain::Timestamp;
use serde_json::Value;

use super::{Vendor, Written};

/// A request, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// The parts of the path, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// A parameter of the address.
    pub(crate) fn asked_for(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A parameter that is a number; `Err` where it is something else.
    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, String> {
        let Some(text) = self.asked_for(name) else { return Ok(default) };
        text.parse().map_err(|_| format!("The value '{text}' of '{name}' is not a number."))
    }

    /// A parameter that is a list with commas in it.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let words = self.asked_for(name).unwrap_or_default().split(',');
        words.map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        })
    }
}

/// Turns `%20` into what it stands for.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What an answer consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Content {
    #[default]
    Nothing,
    Json(Value),
    Text(String),
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

/// An answer, or a refusal.
pub(crate) type Answered = Result<Answer, Box<Answer>>;

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, content: Content::Json(body), ..Self::default() }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self { status, content: Content::Text(body.to_owned()), ..Self::default() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn body(&self) -> Value {
        match &self.content {
            Content::Json(value) => value.clone(),
            Content::Text(text) => Value::String(text.clone()),
            Content::Nothing => Value::Null,
        }
    }

    pub(crate) fn into_response(self) -> Response {
        let (kind, body) = match self.content {
            Content::Nothing => (None, Body::empty()),
            Content::Json(value) => (Some("application/json;charset=UTF-8"), Body::from(value.to_string())),
            Content::Text(text) => (Some("text/plain;charset=UTF-8"), Body::from(text)),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The clock of the place; it can be put ahead, and its vendors' times may pass quicker than ours.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) ahead: Duration,
    /// How many of a vendor's seconds pass in one of ours.
    pub(crate) scale: f64,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now().plus(self.ahead)
    }

    /// How long a vendor's time takes here.
    pub(crate) fn scaled(&self, vendors: Duration) -> Duration {
        vendors.div_f64(self.scale)
    }
}

/// What a vendor has at hand while it answers.
pub(crate) struct Ctx<'a> {
    pub(crate) now: Timestamp,
    pub(crate) clock: &'a Clock,
    /// Scopes of the token that was shown, when it is good.
    pub(crate) scopes: Option<Vec<String>>,
    /// Where this place answers.
    pub(crate) base: &'a str,
    pub(crate) record: &'a mut Vec<Written>,
}

impl Ctx<'_> {
    pub(crate) fn wrote(&mut self, vendor: Vendor, what: &'static str, on: impl Into<String>) {
        let order = u64::try_from(self.record.len()).unwrap_or(u64::MAX);
        self.record.push(Written { order, at: self.now, vendor, what, on: on.into(), answered: true });
    }
}

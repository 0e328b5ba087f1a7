//! A request to a vendor's API; pure.

use std::time::Duration;

use checkmate_outbound::Repeat;
use serde_json::Value;

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// A body that is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Its content type.
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
}

/// A request, below the root of the API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Option<Value>,
    pub(crate) form: Option<Form>,
    pub(crate) repeat: Repeat,
    /// How long the next one has to wait for this one.
    pub(crate) pace: Option<Duration>,
    /// Whether it changes anything: such a one is not sent when the turn of its sender is over.
    pub(crate) writes: bool,
}

impl Request {
    pub(crate) fn new(method: Method, path: &[&str], repeat: Repeat) -> Self {
        Self {
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            form: None,
            repeat,
            pace: None,
            writes: method != Method::Get,
        }
    }

    pub(crate) fn get(path: &[&str], query: &[(&'static str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { query, ..Self::new(Method::Get, path, Repeat::Safe) }
    }

    /// The place that it shares with all that ask for the same of another thing: `issue/properties`. Keys and numbers of
    /// things have digits; the names of places have none.
    pub(crate) fn place(&self) -> String {
        let names = self.path.iter().filter(|part| !part.contains(|c: char| c.is_ascii_digit()));
        names.map(String::as_str).collect::<Vec<_>>().join("/")
    }

    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

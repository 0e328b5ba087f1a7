//! A receiver of events at an address of one's own: it keeps everything and checks nothing.

use std::collections::BTreeMap;

use axum::body::Bytes;
use checkmate_domain::Timestamp;
use serde_json::Value;

use crate::office::said::{Answer, Asked, Ctx};
use crate::office::{Office, Vendor};

/// Something that was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The last part of the address.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// How it was sent.
    pub method: String,
    /// Headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte, as a signature covers it.
    pub body: Bytes,
}

impl Delivery {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What was delivered so far.
#[derive(Debug, Default)]
pub(crate) struct Hooks(Vec<Delivery>);

/// Answers a request.
pub(crate) fn answer(hooks: &mut Hooks, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    let name = asked.segments().get(1).cloned().unwrap_or_default();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    ctx.wrote(Vendor::Webhook, "event.receive", &name);
    hooks.0.push(Delivery {
        name,
        at: ctx.now,
        method: asked.method.clone(),
        headers: asked.headers.iter().map(header).collect(),
        body: asked.body.clone(),
    });
    Answer::empty(204)
}

impl Office {
    /// Everything that was delivered to an address, oldest first.
    #[must_use]
    pub fn deliveries(&self, name: &str) -> Vec<Delivery> {
        self.shared.lock().hooks.0.iter().filter(|one| one.name == name).cloned().collect()
    }
}

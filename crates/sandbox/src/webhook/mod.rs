//! A receiver of events at an address of one's own: it takes everything, and says whether its key signed it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::{Timestamp, hash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::office::said::{Answer, Asked, Ctx};
use crate::office::{Office, Vendor};

/// Something that was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(with = "crate::office::kept::bytes")]
    pub body: Bytes,
    /// Whether the key of this place signed it; nothing where it has none.
    pub signed: Option<bool>,
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
pub(crate) struct Hooks {
    pub(crate) key: Option<Vec<u8>>,
    all: Vec<Delivery>,
}

impl Hooks {
    pub(crate) fn all(&self) -> &[Delivery] {
        &self.all
    }

    /// Takes over what an earlier one kept.
    pub(crate) fn remember(&mut self, all: Vec<Delivery>) {
        self.all = all;
    }
}

/// Whether a key signed it, as the Standard Webhooks specification has it.
fn is_signed(asked: &Asked, key: &[u8]) -> bool {
    let header = |name: &str| asked.header(name).unwrap_or_default();
    let before = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let mac = format!("v1,{}", STANDARD.encode(hash::mac(key, &[before.as_bytes(), &asked.body])));
    header("webhook-signature").split(' ').any(|one| one == mac)
}

/// Answers a request.
pub(crate) fn answer(hooks: &mut Hooks, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    let name = asked.segments().get(1).cloned().unwrap_or_default();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    ctx.wrote(Vendor::Webhook, "event.receive", &name);
    let signed = hooks.key.as_ref().map(|key| is_signed(asked, key));
    hooks.all.push(Delivery {
        name,
        at: ctx.now,
        method: asked.method.clone(),
        headers: asked.headers.iter().map(header).collect(),
        body: asked.body.clone(),
        signed,
    });
    Answer::empty(204)
}

impl Office {
    /// Everything that was delivered to an address, oldest first.
    #[must_use]
    pub fn deliveries(&self, name: &str) -> Vec<Delivery> {
        self.shared.lock().hooks.all.iter().filter(|one| one.name == name).cloned().collect()
    }
}

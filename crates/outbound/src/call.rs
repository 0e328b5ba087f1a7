//! What is to be sent.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::{Secret, hash};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use crate::budget::BudgetKey;
use crate::error::CallError;
use crate::reach::Reach;
use crate::secret_url::SecretUrl;

/// Whether a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Doing it twice is as good as once.
    Safe,
    /// Not at all.
    Never,
    /// Only when nothing of it was done: no connection, or refused for its rate.
    Unsent,
}

/// One call. Secrets are borrowed and written into the request only while it is sent.
pub struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) repeat: Repeat,
    pub(crate) budget: Option<BudgetKey>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) within: Option<Duration>,
    pub(crate) pace: Option<Duration>,
    pub(crate) from_data: bool,
    secret_url: bool,
    headers: Vec<(&'static str, String)>,
    bearer: Option<&'a Secret>,
    signature: Option<Signature<'a>>,
    body: Body<'a>,
}

/// A part of a budget, and what says which refusals reach no further.
pub(crate) type Endpoint = (BudgetKey, fn(&HeaderMap) -> Reach);

/// What signs the body.
struct Signature<'a> {
    header: &'static str,
    keys: &'a [Secret],
    before: String,
}

enum Body<'a> {
    None,
    Form(Vec<(String, Field<'a>)>),
    Json(Result<Vec<u8>, String>),
    Content(String, Vec<u8>),
}

enum Field<'a> {
    Plain(String),
    Secret(&'a Secret),
}

impl<'a> Call<'a> {
    fn new(method: Method, url: Url, repeat: Repeat) -> Self {
        Self {
            method,
            url,
            repeat,
            budget: None,
            endpoint: None,
            within: None,
            pace: None,
            from_data: false,
            secret_url: false,
            headers: Vec::new(),
            bearer: None,
            signature: None,
            body: Body::None,
        }
    }

    /// Reads; safe to repeat.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Repeat::Safe)
    }

    /// Makes something; not repeated.
    #[must_use]
    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url, Repeat::Never)
    }

    /// Hands something over at an address that is a secret; not repeated.
    #[must_use]
    pub fn post_to(address: &SecretUrl) -> Self {
        Self { secret_url: true, ..Self::post(address.url()) }
    }

    /// Replaces; safe to repeat.
    #[must_use]
    pub fn put(url: Url) -> Self {
        Self::new(Method::PUT, url, Repeat::Safe)
    }

    /// Changes; not repeated.
    #[must_use]
    pub fn patch(url: Url) -> Self {
        Self::new(Method::PATCH, url, Repeat::Never)
    }

    /// Removes; safe to repeat.
    #[must_use]
    pub fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url, Repeat::Safe)
    }

    /// With a credential in its `Authorization`.
    #[must_use]
    pub fn bearer(mut self, secret: &'a Secret) -> Self {
        self.bearer = Some(secret);
        self
    }

    /// With a header that is no secret.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a parameter in the address, which is no secret.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// With form fields that are no secrets.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        for (name, value) in fields {
            self.field(name, Field::Plain((*value).to_owned()));
        }
        self
    }

    /// With a form field that is a secret.
    #[must_use]
    pub fn secret_field(mut self, name: &'static str, secret: &'a Secret) -> Self {
        self.field(name, Field::Secret(secret));
        self
    }

    fn field(&mut self, name: &str, value: Field<'a>) {
        match &mut self.body {
            Body::Form(fields) => fields.push((name.to_owned(), value)),
            Body::None | Body::Json(_) | Body::Content(..) => {
                self.body = Body::Form(vec![(name.to_owned(), value)]);
            }
        }
    }

    /// With a JSON body that holds no secret.
    #[must_use]
    pub fn json<T: Serialize>(mut self, body: &T) -> Self {
        self.body = Body::Json(serde_json::to_vec(body).map_err(|error| error.to_string()));
        self
    }

    /// With a body of another kind that holds no secret.
    #[must_use]
    pub fn content(mut self, kind: &str, bytes: Vec<u8>) -> Self {
        self.body = Body::Content(kind.to_owned(), bytes);
        self
    }

    /// With `v1,` and the HMAC-SHA-256 of `before` and the body in a header, once for each key, a blank between them. Covers
    /// bodies of JSON and of content.
    #[must_use]
    pub fn signed(mut self, header: &'static str, keys: &'a [Secret], before: &str) -> Self {
        self.signature = Some(Signature { header, keys, before: before.to_owned() });
        self
    }

    /// With another rule for repeating it.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// On a budget.
    #[must_use]
    pub fn budget(mut self, key: BudgetKey) -> Self {
        self.budget = Some(key);
        self
    }

    /// On a budget, of which its method at this place may be refused alone: the headers of a refusal say how far it reaches.
    #[must_use]
    pub fn endpoint(mut self, budget: BudgetKey, name: &str, reach: fn(&HeaderMap) -> Reach) -> Self {
        self.endpoint = Some((BudgetKey::new(format!("{budget} {} {name}", self.method)), reach));
        self.budget(budget)
    }

    /// With less time than the settings give a call, for all its attempts and waits; never with more.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }

    /// With so much time on its budget before the next call may follow.
    #[must_use]
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The address came from data: it must not lead to a private network.
    #[must_use]
    pub fn from_data(mut self) -> Self {
        self.from_data = true;
        self
    }

    /// Whether a credential travels with it.
    pub(crate) fn has_secret(&self) -> bool {
        let field = |(_, field): &(String, Field<'_>)| matches!(field, Field::Secret(_));
        self.secret_url
            || self.bearer.is_some()
            || matches!(&self.body, Body::Form(fields) if fields.iter().any(field))
    }

    /// The budget that an answer tells of; none where it tells of this call alone.
    pub(crate) fn told_of(&self, status: u16, headers: &HeaderMap) -> Option<&BudgetKey> {
        match &self.endpoint {
            Some((key, reach)) if status == 429 => match reach(headers) {
                Reach::Budget => self.budget.as_ref(),
                Reach::Endpoint => Some(key),
                Reach::Call => None,
            },
            _ => self.budget.as_ref(),
        }
    }

    /// The host it goes to, with its port when it is not the usual one.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or("?");
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Writes it down for one attempt.
    pub(crate) fn request(&self, client: &reqwest::Client) -> Result<reqwest::RequestBuilder, CallError> {
        let unfit = |what: &str| CallError::NotSendable(format!("its {what} cannot stand in a header"));
        let mut request = client.request(self.method.clone(), self.url.clone());
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit("header name"))?;
            request = request.header(name, HeaderValue::from_str(value).map_err(|_| unfit("header"))?);
        }
        if let Some(secret) = self.bearer {
            let mut value = Zeroizing::new(b"Bearer ".to_vec());
            secret.with_bytes(|bytes| value.extend_from_slice(bytes));
            let mut value = HeaderValue::from_bytes(&value).map_err(|_| unfit("credential"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(signature) = &self.signature {
            request = request.header(signature.header, signature.of(self.body.bytes()));
        }
        Ok(match &self.body {
            Body::None => request,
            Body::Content(kind, bytes) => request.header(CONTENT_TYPE, kind).body(bytes.clone()),
            Body::Json(Ok(bytes)) => request.header(CONTENT_TYPE, "application/json").body(bytes.clone()),
            Body::Json(Err(why)) => return Err(CallError::NotSendable(why.clone())),
            Body::Form(fields) => {
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(fields))
            }
        })
    }
}

impl Body<'_> {
    /// What a signature covers.
    fn bytes(&self) -> &[u8] {
        match self {
            Body::Json(Ok(bytes)) | Body::Content(_, bytes) => bytes,
            Body::None | Body::Form(_) | Body::Json(Err(_)) => &[],
        }
    }
}

impl Signature<'_> {
    fn of(&self, body: &[u8]) -> String {
        let mac = |key: &Secret| key.with_bytes(|key| hash::mac(key, &[self.before.as_bytes(), body]));
        let each: Vec<String> =
            self.keys.iter().map(|key| format!("v1,{}", STANDARD.encode(mac(key)))).collect();
        each.join(" ")
    }
}

/// The body of a form. Its memory goes to the request, which is dropped with the job's client.
fn encoded(fields: &[(String, Field<'_>)]) -> Vec<u8> {
    let secret = |field: &Field<'_>| match field {
        Field::Plain(text) => text.len(),
        Field::Secret(secret) => secret.len(),
    };
    // Large enough that it never moves and leaves no copy behind.
    let most: usize = fields.iter().map(|(name, field)| 3 * (name.len() + secret(field)) + 2).sum();
    let mut body = Vec::with_capacity(most);
    for (name, field) in fields {
        if !body.is_empty() {
            body.push(b'&');
        }
        encode(name.as_bytes(), &mut body);
        body.push(b'=');
        match field {
            Field::Plain(text) => encode(text.as_bytes(), &mut body),
            Field::Secret(secret) => secret.with_bytes(|bytes| encode(bytes, &mut body)),
        }
    }
    body
}

/// Percent-encoding that leaves only what RFC 3986 calls unreserved.
fn encode(bytes: &[u8], into: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            into.push(*byte);
        } else {
            into.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // The example of Standard Webhooks.
        let keys = ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "AAAA"];
        let keys = keys.map(|key| Secret::new(STANDARD.decode(key).unwrap()));
        let url = Url::parse("https://example.com/").unwrap();
        let call = Call::post(url).content("application/json", br#"{"test": 2432232314}"#.to_vec()).signed(
            "webhook-signature",
            &keys,
            "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.",
        );
        let request = call.request(&reqwest::Client::new()).unwrap().build().unwrap();
        let signed = request.headers()["webhook-signature"].to_str().unwrap();
        let (one, other) = signed.split_once(' ').unwrap();
        assert_eq!(one, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(other.starts_with("v1,") && other != one);
    }

    proptest! {
        #[test]
        fn a_form_reads_back_as_it_was_written(fields in proptest::collection::vec((".*", ".*"), 1..5)) {
            let secrets: Vec<Secret> =
                fields.iter().map(|(_, value)| Secret::new(value.as_bytes().to_vec())).collect();
            let written: Vec<(String, Field<'_>)> =
                fields.iter().zip(&secrets).map(|((name, _), secret)| (name.clone(), Field::Secret(secret))).collect();
            let body = encoded(&written);
            let read: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
            prop_assert_eq!(read, fields);
        }
    }
}

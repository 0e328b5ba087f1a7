//! Who has signed in: the id_token of a sign-in. Pure.
//!
//! It comes straight from the tenant's token endpoint over TLS, which is what its signature would show otherwise: OpenID
//! Connect Core 1.0, section 3.1.3.7, point 6.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::Timestamp;
use serde::Deserialize;

/// How far a clock may be off, in milliseconds.
const SKEW: i64 = 60_000;

/// What has to stand in an id_token.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) domain: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nonce: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn holds(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Several(several) => several.iter().any(|one| one == client),
        }
    }
}

/// The user of an id_token; or what is wrong with it.
pub(crate) fn user(token: &str, expected: &Expected<'_>) -> Result<String, &'static str> {
    let payload = token.split('.').nth(1).ok_or("is no JWT")?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "is no JWT")?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|_| "lacks a claim")?;
    if claims.iss != format!("https://{}/", expected.domain) {
        return Err("is of another issuer");
    }
    if !claims.aud.holds(expected.client_id) {
        return Err("is for another client");
    }
    if claims.nonce != expected.nonce {
        return Err("is of another sign-in");
    }
    if claims.exp.saturating_mul(1_000) + SKEW < expected.now.as_millis() {
        return Err("is over");
    }
    if claims.sub.is_empty() { Err("names nobody") } else { Ok(claims.sub) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_user_is_believed_only_of_this_sign_in() {
        let expected = Expected {
            domain: "acme.eu.auth0.com",
            client_id: "terminal",
            nonce: "n",
            now: Timestamp::from_millis(1_000_000),
        };
        let right = json!({"iss": "https://acme.eu.auth0.com/", "sub": "auth0|a", "aud": "terminal", "exp": 2_000, "nonce": "n"});
        let told = |key: &str, value: serde_json::Value| {
            let mut claims = right.clone();
            claims[key] = value;
            user(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string())), &expected)
        };
        assert_eq!(told("sub", json!("auth0|a")), Ok("auth0|a".to_owned()));
        assert_eq!(told("aud", json!(["x", "terminal"])), Ok("auth0|a".to_owned()));
        for (key, value) in [
            ("iss", json!("https://evil.example/")),
            ("aud", json!("other")),
            ("nonce", json!("other")),
            ("exp", json!(900)),
            ("sub", json!("")),
            ("sub", json!(null)),
        ] {
            assert!(told(key, value.clone()).is_err(), "{key}: {value}");
        }
        for text in ["", "a", "a.b", "a.!.c"] {
            assert!(user(text, &expected).is_err(), "{text}");
        }
    }
}

//! Who has signed in: the id_token of a sign-in. Pure.
//!
//! It comes straight from the tenant's token endpoint over TLS, which is what its signature would show otherwise: OpenID
//! Connect Core 1.0, section 3.1.3.7, point 6.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::Timestamp;
use checkmate_outbound::BaseUrl;
use serde::Deserialize;

/// How far a clock may be off, in milliseconds.
const SKEW: i64 = 60_000;

/// What has to stand in an id_token.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    /// To the letter.
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// Who issues tokens to those who sign in at `base`: a tenant answers in the name of the host that was called, so that is its
/// custom domain where `base` is one. Plain http is a stand-in on this machine, which is in the place of the tenant itself.
pub(crate) fn issuer(base: &BaseUrl, domain: &str) -> String {
    let base = base.to_string();
    if base.starts_with("https://") { format!("{base}/") } else { format!("https://{domain}/") }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    azp: Option<String>,
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
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// The user of an id_token; or what is wrong with it. The points are those of OpenID Connect Core 1.0, section 3.1.3.7.
pub(crate) fn user(token: &str, expected: &Expected<'_>) -> Result<String, &'static str> {
    let payload = token.split('.').nth(1).ok_or("is no JWT")?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "is no JWT")?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|_| "lacks a claim")?;
    // Point 2.
    if claims.iss != expected.issuer {
        return Err(
            "is of another issuer: auth0.domain, or the custom domain in auth0.base_url, is not the tenant's",
        );
    }
    audience(&claims, expected)?;
    // Point 11.
    if claims.nonce != expected.nonce {
        return Err("is of another sign-in");
    }
    // Point 9.
    if claims.exp.saturating_mul(1_000).saturating_add(SKEW) < expected.now.as_millis() {
        return Err("is over");
    }
    if claims.sub.is_empty() { Err("names nobody") } else { Ok(claims.sub) }
}

/// Points 3 to 5: for this client, for nobody who is not trusted, and where it is for several, given to this client.
fn audience(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let all = claims.aud.all();
    if !all.iter().any(|one| one == expected.client_id) {
        return Err("is for another client");
    }
    // The tenant's own APIs are the only others that belong into a sign-in of ours.
    if !all.iter().all(|one| one == expected.client_id || one.starts_with(expected.issuer)) {
        return Err("is for somebody else too");
    }
    match claims.azp.as_deref() {
        Some(party) if party != expected.client_id => Err("was given to another client"),
        None if all.len() > 1 => Err("is for several and does not say to whom it was given"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_user_is_believed_only_of_this_sign_in() {
        let expected = Expected {
            issuer: "https://acme.eu.auth0.com/",
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
        assert_eq!(told("aud", json!(["terminal"])), Ok("auth0|a".to_owned()));
        assert_eq!(told("azp", json!("terminal")), Ok("auth0|a".to_owned()));
        for (key, value) in [
            ("iss", json!("https://evil.example/")),
            ("iss", json!("https://acme.eu.auth0.com")),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("azp", json!("other")),
            ("azp", json!("")),
            ("exp", json!(i64::MIN)),
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

    #[test]
    fn one_of_several_audiences_is_believed_only_when_it_was_given_to_us() {
        let issuer = "https://acme.eu.auth0.com/";
        let expected =
            Expected { issuer, client_id: "terminal", nonce: "n", now: Timestamp::from_millis(1_000_000) };
        let told = |aud: serde_json::Value, azp: serde_json::Value| {
            let claims =
                json!({"iss": issuer, "sub": "a", "aud": aud, "azp": azp, "exp": 2_000, "nonce": "n"});
            user(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string())), &expected)
        };
        let (me, several) =
            ("https://acme.eu.auth0.com/me/", json!(["terminal", "https://acme.eu.auth0.com/me/"]));
        assert_eq!(told(several.clone(), json!("terminal")), Ok("a".to_owned()));
        assert!(told(several.clone(), json!(null)).is_err(), "nobody says to whom it was given");
        assert!(told(several, json!("other")).is_err(), "it was given to somebody else");
        assert!(told(json!([me]), json!("terminal")).is_err(), "it is not for us");
        assert!(told(json!(["terminal", "other"]), json!("terminal")).is_err(), "nobody knows the other");
    }

    #[test]
    fn the_issuer_is_the_host_that_is_asked() {
        for (base, by) in [
            ("https://acme.eu.auth0.com", "https://acme.eu.auth0.com/"),
            ("https://login.acme.example", "https://login.acme.example/"),
            ("https://login.acme.example/", "https://login.acme.example/"),
            ("http://127.0.0.1:4180", "https://acme.eu.auth0.com/"),
        ] {
            assert_eq!(issuer(&base.parse().unwrap(), "acme.eu.auth0.com"), by, "{base}");
        }
    }
}

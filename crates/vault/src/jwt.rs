//! Signed assertions (RFC 7515, RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::Secret;
use serde::Serialize;

use crate::keys::SigningKey;

/// What stands before the claims.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// Who asks for whom. An attempt makes its own: it is taken once.
#[derive(Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) aud: &'a str,
    /// In seconds.
    pub(crate) iat: i64,
    /// In seconds.
    pub(crate) exp: i64,
    pub(crate) jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audit_context: Option<&'a str>,
}

/// Signs. `None` only when the system has no random numbers.
pub(crate) fn sign(key: &SigningKey, typ: &'static str, claims: &Claims<'_>) -> Option<Secret> {
    let header = Header { alg: key.algorithm().as_str(), typ, kid: key.key_id() };
    let part = |json: Result<Vec<u8>, serde_json::Error>| json.ok().map(|json| URL_SAFE_NO_PAD.encode(json));
    let mut token = part(serde_json::to_vec(&header))?;
    token.push('.');
    token.push_str(&part(serde_json::to_vec(claims))?);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Some(Secret::new(token.into_bytes()))
}

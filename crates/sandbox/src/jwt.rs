//! Checks assertions.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::keys::der;

/// What an assertion says, its signature being good.
pub(crate) struct Assertion {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Assertion {
    /// A claim that is a text.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a time in seconds.
    pub(crate) fn time(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim)?.as_i64()
    }
}

/// Reads an assertion signed with this key by this algorithm; otherwise says what is wrong.
pub(crate) fn read(token: &str, public_pem: &str, alg: &str) -> Result<Assertion, &'static str> {
    let (signed, signature) = token.rsplit_once('.').ok_or("not a JWT")?;
    let (header, claims) = signed.split_once('.').ok_or("not a JWT")?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not a JWT");
    let json = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).map_err(|_| "not a JWT");
    let (header, claims) = (json(header)?, json(claims)?);
    if header.get("alg").and_then(Value::as_str) != Some(alg) {
        return Err("the algorithm is not that of the registered credential");
    }
    // RFC 7515, section 4.1.11: what has to be understood and is not.
    if header.get("crit").is_some() {
        return Err("crit names what is not known here");
    }
    let key = der(public_pem).ok_or("the registered credential is no key")?;
    let by: &'static dyn VerificationAlgorithm =
        if alg == "PS256" { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
    UnparsedPublicKey::new(by, key)
        .verify(signed.as_bytes(), &bytes(signature)?)
        .map_err(|_| "the signature is not that of the registered credential")?;
    Ok(Assertion { header, claims })
}

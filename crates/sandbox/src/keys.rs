//! Keys for the stand-in and for those who talk to it.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// An RSA key of 2,048 bits.
#[derive(Clone, Debug)]
pub struct RsaPair {
    /// PKCS#8, PEM.
    pub private_pem: String,
    /// SubjectPublicKeyInfo, PEM.
    pub public_pem: String,
}

impl RsaPair {
    /// A fresh one; takes some tenths of a second.
    ///
    /// # Panics
    /// When the system has no random numbers.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a stand-in without keys is none")]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
        let private: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a form");
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a key has a form");
        Self {
            private_pem: pem("PRIVATE KEY", private.as_ref()),
            public_pem: pem("PUBLIC KEY", public.as_ref()),
        }
    }
}

impl RsaPair {
    /// A JWT of these, signed with this key by `RS256` or `PS256`.
    ///
    /// # Panics
    /// When the private key is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a stand-in without keys is none")]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let by: &'static dyn RsaEncoding =
            if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
        let key = der(&self.private_pem).and_then(|der| KeyPair::from_pkcs8(&der).ok()).expect("a key");
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(by, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("random numbers");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    lines.extend(text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()));
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}

/// The content of a PEM; `None` when it is none.
pub(crate) fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----\n")?;
    let (body, _) = rest.split_once("-----END")?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

//! Whether a certificate that logins are checked with is valid and strong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::{NotAssessed, Severity, Timestamp};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::check::{Answer, Verdict, failed};

const DAY_SECONDS: i64 = 86_400;
const SOON_DAYS: i64 = 30;
const SHORTEST_RSA: usize = 2_048;

/// The answer for a certificate in PEM, or the base64 of a certificate or of its PEM.
pub(crate) fn judge(text: &str, pointer: &str, now: Timestamp) -> Answer {
    let unreadable = || NotAssessed::Unreadable(format!("{pointer} is no certificate"));
    let der = der(text).ok_or_else(unreadable)?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| unreadable())?;
    let ends = certificate.validity().not_after.timestamp();
    let left = (ends - now.as_millis() / 1_000).div_euclid(DAY_SECONDS);
    let shown = Timestamp::from_millis(ends.saturating_mul(1_000)).to_string();
    let expected = "a certificate that is valid, of SHA-256 and 2048 bits or more";
    if left < 0 {
        return failed(
            Severity::High,
            "The certificate of the identity provider has run out",
            pointer,
            &shown,
            expected,
        );
    }
    if let Ok(PublicKey::RSA(key)) = certificate.public_key().parsed()
        && key.key_size() < SHORTEST_RSA
    {
        let seen = format!("RSA, {} bits", key.key_size());
        return failed(
            Severity::High,
            "The certificate of the identity provider has a short key",
            pointer,
            &seen,
            expected,
        );
    }
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    // sha1WithRSAEncryption and ecdsa-with-SHA1.
    if matches!(algorithm.as_str(), "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1") {
        return failed(
            Severity::Moderate,
            "The certificate of the identity provider is signed with SHA-1",
            pointer,
            "SHA-1",
            expected,
        );
    }
    if left < SOON_DAYS {
        return failed(
            Severity::Moderate,
            "The certificate of the identity provider runs out within 30 days",
            pointer,
            &shown,
            expected,
        );
    }
    Ok(Verdict::Passed)
}

fn der(text: &str) -> Option<Vec<u8>> {
    const LARGEST: usize = 64 << 10;
    if text.len() > LARGEST {
        return None;
    }
    if text.contains("-----BEGIN") {
        return parse_x509_pem(text.as_bytes()).ok().map(|(_, pem)| pem.contents);
    }
    let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(flat).ok()?;
    if bytes.starts_with(b"-----BEGIN") {
        return parse_x509_pem(&bytes).ok().map(|(_, pem)| pem.contents);
    }
    Some(bytes)
}

//! Hashing of several fields without ambiguity: every field is preceded by its length, so `("ab","c")` and `("a","bc")` differ.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// SHA-256 over a label and length-prefixed fields, as lower-case hex cut to `hex_len` characters (64 at most).
#[must_use]
pub fn derive(label: &str, fields: &[&str], hex_len: usize) -> String {
    let mut digits = [0; 64];
    // Twice as long as what is written, so it cannot fail.
    let _ = hex::encode_to_slice(digest(label, fields), &mut digits);
    let text = &digits[..hex_len.min(digits.len())];
    std::str::from_utf8(text).unwrap_or_default().to_owned()
}

/// SHA-256 over a label and length-prefixed fields.
#[must_use]
pub fn digest(label: &str, fields: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for field in std::iter::once(&label).chain(fields) {
        hasher.update(length(field));
        hasher.update(field.as_bytes());
    }
    hasher.finalize().into()
}

/// HMAC-SHA-256 over length-prefixed fields, as lower-case hex.
///
/// HMAC takes a key of any length, so there is no error to report.
#[must_use]
pub fn keyed(key: &[u8], fields: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    for field in fields {
        mac.update(&length(field));
        mac.update(field.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

/// HMAC-SHA-256 over these bytes one after the other, as other systems compute it.
///
/// HMAC takes a key of any length, so there is no error to report.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn length(field: &str) -> [u8; 8] {
    (field.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_the_one_that_others_compute() {
        // RFC 4231, test case 2.
        let told = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac(b"Jefe", &[b"what do ya want ", b"for nothing?"])), told);
    }

    #[test]
    fn moving_a_boundary_changes_the_hash() {
        assert_ne!(derive("x", &["ab", "c"], 64), derive("x", &["a", "bc"], 64));
        assert_ne!(keyed(b"k", &["ab", "c"]), keyed(b"k", &["a", "bc"]));
        assert_ne!(keyed(b"k", &["a"]), keyed(b"l", &["a"]));
    }
}

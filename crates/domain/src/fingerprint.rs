//! What makes a finding the same finding in every scan: a versioned, keyed hash over length-prefixed
//! (rule identity, target id, immutable resource id, discriminator).
//!
//! Keyed, so that nobody without the installation's key can compute or confirm one; versioned, so that the recipe can change.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::hash::{derive, keyed};
use crate::id::{ResourceId, RuleId, TargetId};
use crate::secret::Secret;

/// Which key made a fingerprint; not secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `v1.` and 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Fingerprint(String);

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Fingerprint {
    /// The fingerprint as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("v1.").unwrap_or_default();
        if digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text))
        } else {
            Err(format!("'{}' is not a fingerprint", text.chars().take(60).collect::<String>()))
        }
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.0
    }
}

/// The installation's fingerprint key. Losing it means that every finding looks new.
#[derive(Debug)]
pub struct FingerprintKey {
    secret: Secret,
    id: KeyId,
}

/// The key file does not hold a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fingerprint key needs at least 32 bytes, this one has {0}: restore the file from its backup, or create one with 'head -c 32 /dev/urandom'"
)]
pub struct WeakKey(usize);

impl FingerprintKey {
    /// Takes at least 32 random bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn new(bytes: Vec<u8>) -> Result<Self, WeakKey> {
        if bytes.len() < 32 {
            return Err(WeakKey(bytes.len()));
        }
        let id = KeyId(derive("checkmate.key-id.v1", &[&keyed(&bytes, &["key-id"])], 12));
        Ok(Self { secret: Secret::new(bytes), id })
    }

    /// Which key this is.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The fingerprint of a failed check at a place. `rule` is [`crate::Rule::identity`].
    #[must_use]
    pub fn fingerprint(
        &self,
        rule: &RuleId,
        target: &TargetId,
        resource: &ResourceId,
        discriminator: &str,
    ) -> Fingerprint {
        let fields = ["v1", rule.as_str(), target.as_str(), resource.as_str(), discriminator];
        let mut digits = self.secret.with_bytes(|key| keyed(key, &fields));
        digits.truncate(32);
        Fingerprint(format!("v1.{digits}"))
    }

    /// A value that must be recognised but not kept: HMAC under the same key, apart from fingerprints.
    #[must_use]
    pub fn mark(&self, value: &str) -> String {
        let mut digits = self.secret.with_bytes(|key| keyed(key, &["mark", value]));
        digits.truncate(16);
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> FingerprintKey {
        FingerprintKey::new(vec![byte; 32]).expect("32 bytes")
    }

    fn of(key: &FingerprintKey, parts: &[String; 4]) -> Fingerprint {
        let [rule, target, resource, discriminator] = parts;
        key.fingerprint(
            &RuleId::new(rule.as_str()).expect("id"),
            &TargetId::new(target.as_str()).expect("id"),
            &ResourceId::new(resource.as_str()).expect("id"),
            discriminator,
        )
    }

    proptest! {
        #[test]
        fn equal_only_for_equal_parts(a in prop::array::uniform4("[ab]{1,3}"), b in prop::array::uniform4("[ab]{1,3}")) {
            prop_assert_eq!(of(&key(1), &a) == of(&key(1), &b), a == b);
            prop_assert_ne!(of(&key(1), &a), of(&key(2), &a));
        }

        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let read = Fingerprint::try_from(text.clone());
            prop_assert_eq!(read.is_ok(), text.len() == 35 && text.starts_with("v1.") && text[3..].chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
        }
    }

    #[test]
    fn a_short_key_is_refused_with_what_to_do() {
        let error = FingerprintKey::new(vec![0; 31]).map(|_| ()).expect_err("too short");
        assert!(error.to_string().contains("at least 32 bytes"));
    }
}

//! Keys that sign events.

use checkmate_domain::Secret;

/// The fewest bytes of a key, as the specification has it.
const LEAST: usize = 24;

/// The key in use, and the one before it while receivers change over. Their bytes sign as they are.
#[derive(Debug)]
pub struct Keys(Vec<Secret>);

/// A key that can be guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key that signs events needs at least {LEAST} bytes, this one has {0}: create one with 'head -c 32 /dev/urandom | base64' and give it to the receiver too"
)]
pub struct WeakKey(usize);

impl Keys {
    /// Takes the key in use, and the one before it where there is one.
    ///
    /// # Errors
    /// When one of them is too short.
    pub fn new(key: Secret, before: Option<Secret>) -> Result<Self, WeakKey> {
        let keys: Vec<Secret> = std::iter::once(key).chain(before).collect();
        match keys.iter().find(|key| key.len() < LEAST) {
            Some(weak) => Err(WeakKey(weak.len())),
            None => Ok(Self(keys)),
        }
    }

    pub(super) fn all(&self) -> &[Secret] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_can_be_guessed_is_none() {
        let key = |bytes: usize| Secret::new(vec![7; bytes]);
        assert!(Keys::new(key(24), None).is_ok_and(|keys| keys.all().len() == 1));
        assert!(Keys::new(key(24), Some(key(32))).is_ok_and(|keys| keys.all().len() == 2));
        assert_eq!(Keys::new(key(0), None).unwrap_err(), WeakKey(0));
        assert_eq!(Keys::new(key(32), Some(key(23))).unwrap_err(), WeakKey(23));
    }
}

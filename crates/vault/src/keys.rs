//! Keys that sign.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::Secret;
use zeroize::Zeroizing;

/// How a key signs, by the names of JWA (RFC 7518).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl Algorithm {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }
}

/// An RSA key that is registered with the tenant.
pub struct SigningKey {
    pair: KeyPair,
    algorithm: Algorithm,
    key_id: Option<String>,
}

/// Why a file holds no key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM.
    #[error("holds no PEM: it must begin with -----BEGIN PRIVATE KEY-----")]
    NotPem,
    /// A public key.
    #[error("holds a public key: the private one signs, the public one is registered with the tenant")]
    Public,
    /// A key with a password.
    #[error(
        "holds an encrypted key: decrypt it with openssl pkcs8, and keep the file to its owner (chmod 600)"
    )]
    Encrypted,
    /// The old form.
    #[error("holds a key in the form of PKCS#1: convert it with openssl pkcs8 -topk8 -nocrypt")]
    Pkcs1,
    /// No RSA key of 2,048 bits or more.
    #[error(
        "holds no RSA key of 2048 bits or more: make one with openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
    )]
    NotRsa,
}

/// The two algorithms sign by the same trait object.
fn encoding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_SHA256,
        Algorithm::Ps256 => &RSA_PSS_SHA256,
    }
}

impl SigningKey {
    /// Reads a PKCS#8 key in PEM. `key_id`: its `kid`, needed only where several keys are registered.
    ///
    /// # Errors
    /// Says what the file holds instead, and what to do.
    pub fn from_pem(pem: &Secret, algorithm: Algorithm, key_id: Option<String>) -> Result<Self, KeyError> {
        let pair = pem.with_bytes(|bytes| {
            let der = der(bytes)?;
            KeyPair::from_pkcs8(&der).map_err(|_| KeyError::NotRsa)
        })?;
        Ok(Self { pair, algorithm, key_id })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// `None` only when the system has no random numbers.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(encoding(self.algorithm), &SystemRandom::new(), message, &mut signature);
        signed.ok().map(|()| signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn der(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| KeyError::NotPem)?;
    let (_, rest) = text.split_once("-----BEGIN ").ok_or(KeyError::NotPem)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::NotPem)?;
    match label {
        "PRIVATE KEY" => {}
        "RSA PRIVATE KEY" => return Err(KeyError::Pkcs1),
        "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
        label if label.contains("PUBLIC") || label == "CERTIFICATE" => return Err(KeyError::Public),
        _ => return Err(KeyError::NotRsa),
    }
    let (body, _) = rest.split_once("-----END ").ok_or(KeyError::NotPem)?;
    let plain: Zeroizing<Vec<u8>> =
        Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    STANDARD.decode(&*plain).map(Zeroizing::new).map_err(|_| KeyError::NotPem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkmate_sandbox::keys::RsaPair;

    fn read(text: &str) -> Result<SigningKey, KeyError> {
        SigningKey::from_pem(&Secret::new(text.as_bytes().to_vec()), Algorithm::Rs256, None)
    }

    #[test]
    fn says_what_a_file_holds_instead() {
        let pair = RsaPair::generate();
        assert!(read(&pair.private_pem).is_ok());
        for (text, error) in [
            ("", KeyError::NotPem),
            ("hunter2", KeyError::NotPem),
            (pair.public_pem.as_str(), KeyError::Public),
            ("-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----", KeyError::Pkcs1),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END", KeyError::Encrypted),
            ("-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----", KeyError::NotRsa),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::NotRsa),
            ("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----", KeyError::NotPem),
        ] {
            assert_eq!(read(text).err(), Some(error), "{text}");
        }
    }
}

//! A credential in hand.

use checkmate_domain::{Account, Scopes, Secret, Timestamp};
use sha2::{Digest, Sha256};

/// A short-lived credential of one job. Overwritten when it is dropped.
#[derive(Debug)]
pub struct Lease {
    pub(crate) secret: Secret,
    pub(crate) granted: Scopes,
    pub(crate) expires_at: Timestamp,
    pub(crate) thumbprint: String,
    pub(crate) account: Account,
}

impl Lease {
    /// The credential, to be applied to a request.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What it may do, as the vendor says; empty where the vendor does not say (GitHub Apps).
    #[must_use]
    pub fn granted(&self) -> &Scopes {
        &self.granted
    }

    /// Until when it works.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// SHA-256 of the credential in hex, as the audit trail and Auth0's log have it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Gives up what is known about it and keeps the credential.
    #[must_use]
    pub fn into_secret(self) -> Secret {
        self.secret
    }
}

/// SHA-256 of a credential in hex, as the audit trail and Auth0's log have it.
#[must_use]
pub fn thumbprint(secret: &Secret) -> String {
    secret.with_bytes(|bytes| hex::encode(Sha256::digest(bytes)))
}

//! The only place of this crate where passwords are read.

use std::sync::Arc;

use checkmate_domain::Secret;
use lapin::auth::AuthProvider;
use lapin::tcp::OwnedIdentity;
use lapin::types::{LongString, ShortString};

use super::config::Identity;

/// SASL PLAIN, so that the password stands in no URL and no connection object.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Arc<Secret>,
}

impl AuthProvider for Login {
    fn mechanism(&self) -> ShortString {
        "PLAIN".into()
    }

    fn auth_starter(&self) -> Result<LongString, String> {
        let mut answer = Vec::with_capacity(self.user.len() + self.password.len() + 2);
        answer.push(0);
        answer.extend_from_slice(self.user.as_bytes());
        answer.push(0);
        self.password.with_bytes(|bytes| answer.extend_from_slice(bytes));
        Ok(answer.into())
    }
}

/// The client certificate in the form the TLS library takes.
pub(super) fn identity(identity: &Identity) -> OwnedIdentity {
    OwnedIdentity::PKCS8 {
        pem: identity.certificate.clone().into_bytes(),
        key: identity.key.with_bytes(<[u8]>::to_vec),
    }
}

/// Basic authentication of a request to the management API.
pub(super) fn authorise(
    request: reqwest::RequestBuilder,
    user: &str,
    password: &Secret,
) -> reqwest::RequestBuilder {
    password.with_bytes(|bytes| request.basic_auth(user, Some(String::from_utf8_lossy(bytes))))
}

/// A password as a JSON value, for the one request that sets it.
pub(super) fn password_json(password: &Secret) -> serde_json::Value {
    password.with_bytes(|bytes| String::from_utf8_lossy(bytes).into())
}

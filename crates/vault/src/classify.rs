//! What an answer without a credential means: pure.
//!
//! Statuses and error codes: Auth0's documentation of Token Vault and of the token endpoint; the codes of the vault itself
//! (`federated_connection_*`) are in no reference and known from Auth0's SDKs. What nobody knows is permanent and shown.

/// What is wrong, as far as it can be told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No account is kept for this user and connection.
    NotConnected,
    /// The provider does not renew the account's token any more, or is away.
    ProviderRefused,
    /// The login hint names nobody.
    UnknownIdentity,
    /// We could not show that we are the client.
    ClientAuth,
    /// The assertion about the user was not taken.
    Subject,
    /// The refresh or access token of the user is not good any more.
    SessionLost,
    /// The tenant asks for a second factor, and nobody is there to give one.
    SecondFactor,
    /// The sign-in behind the token is too old, or was without a second factor.
    WeakSignIn,
    /// The client may not do this: grant, connection, scopes or address.
    NotAllowed,
    /// Too many requests.
    RateLimited,
    /// The tenant is in trouble.
    Down,
    /// An answer nobody knows.
    Unknown,
}

/// Judges an answer that is no success by its status, `error` and `error_description`.
pub(crate) fn classify(status: u16, error: &str, description: &str) -> Cause {
    let says = |word: &str| description.to_ascii_lowercase().contains(word);
    match (status, error) {
        (429, _) | (_, "too_many_requests") => Cause::RateLimited,
        (500.., _) => Cause::Down,
        (_, "federated_connection_refresh_token_not_found") => Cause::NotConnected,
        (_, "federated_connection_refresh_token_flow_failed") => Cause::ProviderRefused,
        (_, "user_not_found") => Cause::UnknownIdentity,
        (_, "invalid_client") => Cause::ClientAuth,
        (_, "mfa_required") => Cause::SecondFactor,
        (_, "unmet_authentication_requirements") => Cause::WeakSignIn,
        (_, "invalid_grant") if says("subject") || says("jwt") || says("assertion") => Cause::Subject,
        (_, "invalid_grant") => Cause::SessionLost,
        (_, "invalid_request") if says("subject") => Cause::Subject,
        (401, "invalid_token") => Cause::Subject,
        (
            _,
            "unauthorized_client" | "access_denied" | "invalid_scope" | "unauthorized" | "invalid_target",
        ) => Cause::NotAllowed,
        (403, _) => Cause::NotAllowed,
        _ => Cause::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_codes() {
        for (status, error, description, cause) in [
            (401, "federated_connection_refresh_token_not_found", "", Cause::NotConnected),
            (401, "federated_connection_refresh_token_flow_failed", "", Cause::ProviderRefused),
            (401, "user_not_found", "Identity User not found.", Cause::UnknownIdentity),
            (401, "invalid_client", "", Cause::ClientAuth),
            (401, "invalid_grant", "The subject token has expired.", Cause::Subject),
            (403, "invalid_grant", "Unknown or invalid refresh token.", Cause::SessionLost),
            (403, "unauthorized_client", "", Cause::NotAllowed),
            (403, "mfa_required", "Multifactor authentication required", Cause::SecondFactor),
            (403, "unmet_authentication_requirements", "", Cause::WeakSignIn),
            (403, "something_new", "", Cause::NotAllowed),
            (429, "too_many_requests", "", Cause::RateLimited),
            (400, "too_many_requests", "", Cause::RateLimited),
            (503, "", "", Cause::Down),
            (418, "teapot", "short and stout", Cause::Unknown),
        ] {
            assert_eq!(classify(status, error, description), cause, "{status} {error}");
        }
    }
}

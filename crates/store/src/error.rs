//! What can go wrong with the store, by what the caller can do.

/// A call had no effect, or its effect is not known; every call may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No answer, no connection, no space: try again later.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// A record cannot be read: a person must look.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
    /// The store's settings cannot keep what is promised.
    #[error("{0}")]
    Misconfigured(String),
}

//! What a store tells about itself to somebody who only looks: nothing here is taken, kept or changed.

use async_trait::async_trait;
use checkmate_domain::{KeyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Looking at a store. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait AboutStore: Send + Sync {
    /// The software behind it with its version, for a person.
    async fn software(&self) -> Result<String>;
    /// The key that findings were made with; none when none was kept yet.
    async fn kept_key(&self) -> Result<Option<KeyId>>;
    /// Who holds a lock now; nobody when it is free or has run out.
    async fn holder(&self, lock: &str) -> Result<Option<LockHolder>>;
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The owner as it called itself.
    pub owner: String,
    /// Until when, unless renewed, by the store's clock.
    pub until: Timestamp,
}

//! How long a vendor asked all of us to wait, shared over processes.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Pauses by what shares a vendor's limit. Timed by the store's clock. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait BudgetStore: Send + Sync {
    /// How long nothing should be asked under this key; none when it may be asked now.
    async fn paused_for(&self, key: &str) -> Result<Option<Duration>>;
    /// Nothing should be asked under this key for so long from now; a longer pause that stands stays.
    async fn pause(&self, key: &str, pause: Duration) -> Result<()>;
    /// Takes the one call under this key, after which nothing should be asked for so long: none when it was taken, else how long
    /// to wait. Of many who ask at once one takes it.
    async fn pace(&self, key: &str, pace: Duration) -> Result<Option<Duration>>;
}

//! Budgets over all processes: what a vendor said to one of them holds for all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use checkmate_outbound::{BudgetKey, Budgets, Grant, InProcess, RateSeen};
use checkmate_store::Store;

/// For the store to answer; it must not make a call slow.
const WITHIN: Duration = Duration::from_millis(500);

/// Keeps pauses in the store, and in this process while the store is away.
pub struct StoreBudgets {
    store: Arc<dyn Store>,
    own: InProcess,
}

impl StoreBudgets {
    /// Over this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, own: InProcess::default() }
    }
}

#[async_trait]
impl Budgets for StoreBudgets {
    async fn take(&self, key: &BudgetKey) -> Grant {
        if let Grant::Wait(wait) = self.own.take(key).await {
            return Grant::Wait(wait);
        }
        match tokio::time::timeout(WITHIN, self.store.paused_for(key.as_str())).await {
            Ok(Ok(Some(wait))) => Grant::Wait(wait),
            // Nobody knows: the vendor's own limit holds.
            Ok(Ok(None) | Err(_)) | Err(_) => Grant::Go,
        }
    }

    /// One of all processes is let through, as long as the store answers; without it, one of this process.
    async fn take_paced(&self, key: &BudgetKey, pace: Duration) -> Grant {
        if let Grant::Wait(wait) = self.own.take_paced(key, pace).await {
            return Grant::Wait(wait);
        }
        match tokio::time::timeout(WITHIN, self.store.pace(key.as_str(), pace)).await {
            Ok(Ok(Some(wait))) => Grant::Wait(wait),
            Ok(Ok(None) | Err(_)) | Err(_) => Grant::Go,
        }
    }

    async fn saw(&self, key: &BudgetKey, seen: RateSeen) {
        self.own.saw(key, seen).await;
        let Some(pause) = seen.pause(Timestamp::now()) else { return };
        if let Ok(Err(error)) = tokio::time::timeout(WITHIN, self.store.pause(key.as_str(), pause)).await {
            tracing::debug!(%error, "other processes were not told of a vendor's limit");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkmate_store::embedded::EmbeddedStore;

    #[tokio::test]
    async fn what_one_process_was_told_holds_for_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap());
        let (one, other) = (StoreBudgets::new(store.clone()), StoreBudgets::new(store.clone()));
        let (key, wait) = (BudgetKey::new("auth0:a"), Duration::from_secs(60));
        assert_eq!(other.take(&key).await, Grant::Go);
        one.saw(&key, RateSeen { retry_after: Some(wait), ..RateSeen::default() }).await;
        let Grant::Wait(left) = other.take(&key).await else { panic!("not told") };
        assert!(left <= wait && left > wait / 2, "{left:?}");
        assert_eq!(other.take(&BudgetKey::new("auth0:b")).await, Grant::Go);
        store.close().await;
    }

    #[tokio::test]
    async fn two_processes_keep_a_pace_together() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap());
        let (one, other) = (StoreBudgets::new(store.clone()), StoreBudgets::new(store.clone()));
        let (key, pace) = (BudgetKey::new("teams:a"), Duration::from_secs(60));
        assert_eq!(one.take_paced(&key, pace).await, Grant::Go);
        for budgets in [&other, &one] {
            let Grant::Wait(left) = budgets.take_paced(&key, pace).await else { panic!("both go") };
            assert!(left <= pace && left > pace / 2, "{left:?}");
        }
        store.close().await;
    }
}

//! The laws of the contract, each on a Redis of its own that dies where the law restarts the store: with
//! `appendfsync always`, so that nothing answered may be lost.

use std::sync::Arc;

use async_trait::async_trait;
use checkmate_store::Store;
use checkmate_store::conformance::Fixture;
use checkmate_testkit::redis::{Fsync, Redis, RedisOptions};
use tokio::sync::Mutex;

use crate::support::connect;

struct Private(Mutex<Redis>);

impl Private {
    fn new() -> Self {
        Self(Mutex::new(Redis::start_with(RedisOptions { fsync: Fsync::Always, ..RedisOptions::default() })))
    }
}

#[async_trait]
impl Fixture for Private {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(connect(&*self.0.lock().await).await)
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store.close().await;
        let mut redis = self.0.lock().await;
        redis.restart();
        Arc::new(connect(&redis).await)
    }
}

checkmate_store::store_conformance!(Private::new());

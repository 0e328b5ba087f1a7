//! The embedded store: the laws of the contract, on files of their own, and what only files can do.

mod file;

use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;

use checkmate_store::Store;
use checkmate_store::conformance::Fixture;
use checkmate_store::embedded::EmbeddedStore;

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(EmbeddedStore::open(&self.0.path().join("store.db")).await.unwrap())
    }
}

#[async_trait]
impl Fixture for File {
    async fn store(&self) -> Arc<dyn Store> {
        self.open().await
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store.close().await;
        self.open().await
    }
}

checkmate_store::store_conformance!(File::new());

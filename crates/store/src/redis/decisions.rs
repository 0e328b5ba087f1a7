//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};

use super::store::{RedisStore, Result};
use crate::decisions::DecisionStore;

#[async_trait]
impl DecisionStore for RedisStore {
    async fn put_decision(&self, decision: Decision) -> Result<Option<Decision>> {
        self.put_row(decision).await
    }

    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>> {
        self.row_of(fingerprint.as_str()).await
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        self.rows_after(after.map(Fingerprint::as_str), limit).await
    }
}

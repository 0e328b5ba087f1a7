//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};

use super::store::{RedisStore, Result};
use crate::decisions::DecisionStore;

const TABLE: &str = "decisions";

#[async_trait]
impl DecisionStore for RedisStore {
    async fn put_decision(&self, decision: &Decision) -> Result<bool> {
        self.put_row(TABLE, decision.fingerprint.as_str(), decision.version, None, decision).await
    }

    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>> {
        let found: Option<Decision> = self.row_at(TABLE, fingerprint.as_str()).await?;
        Ok(found.filter(|decision| decision.fingerprint == *fingerprint))
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        self.rows_after(TABLE, after.map(Fingerprint::as_str), limit).await
    }
}

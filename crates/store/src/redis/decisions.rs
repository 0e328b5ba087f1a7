//! What people decided about findings.

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};

use super::error::corrupt;
use super::records::json;
use super::reply;
use super::script::{DECISIONS, PUT_DECISION};
use super::store::{RedisStore, Result};
use crate::decisions::DecisionStore;

impl RedisStore {
    async fn decisions_from(&self, begin: String, limit: u64) -> Result<Vec<Decision>> {
        let mut call = self.call(&DECISIONS);
        call.arg(begin).arg(limit);
        self.ask_list(&DECISIONS, &call).await?.each(|value| json(&reply::bytes(value)?))
    }
}

#[async_trait]
impl DecisionStore for RedisStore {
    async fn put_decision(&self, decision: &Decision) -> Result<bool> {
        let mut call = self.call(&PUT_DECISION);
        call.arg(decision.fingerprint.as_str()).arg(decision.version);
        call.arg(serde_json::to_string(decision).map_err(corrupt)?);
        Ok(reply::int(self.ask(&PUT_DECISION, &call).await?)? == 1)
    }

    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>> {
        let found = self.decisions_from(format!("[{fingerprint}"), 1).await?;
        Ok(found.into_iter().find(|decision| decision.fingerprint == *fingerprint))
    }

    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>> {
        let begin = after.map_or_else(|| "-".to_owned(), |after| format!("({after}"));
        self.decisions_from(begin, limit).await
    }
}

//! What people decided about findings, as it is kept.

use std::collections::BTreeMap;

use async_trait::async_trait;
use checkmate_domain::{Decision, Fingerprint};

use crate::error::StoreError;

/// Decisions read in one call.
const PAGE: u64 = 1_000;

type Result<T> = std::result::Result<T, StoreError>;

/// Keeping decisions. See [`crate::Store`] for what holds of every method.
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// Writes a decision in place of the version it was read with, and gives it another, as
    /// [`crate::LedgerStore::put_delivery`] does with a row. Answers with the decision as it stands now; nothing when another
    /// version is there.
    async fn put_decision(&self, decision: Decision) -> Result<Option<Decision>>;
    /// What was decided about one finding.
    async fn decision(&self, fingerprint: &Fingerprint) -> Result<Option<Decision>>;
    /// Decisions after a fingerprint, in the order of fingerprints.
    async fn decisions(&self, after: Option<&Fingerprint>, limit: u64) -> Result<Vec<Decision>>;
}

/// All decisions. There are as many as people made.
///
/// # Errors
/// When the store does not answer.
pub async fn decided<S: DecisionStore + ?Sized>(store: &S) -> Result<BTreeMap<Fingerprint, Decision>> {
    let mut all = BTreeMap::new();
    loop {
        let last = all.last_key_value().map(|(last, _): (&Fingerprint, &Decision)| last.clone());
        let page = store.decisions(last.as_ref(), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|decision| (decision.fingerprint.clone(), decision)));
    }
}

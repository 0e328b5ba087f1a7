//! A discover job: list → seal → release.
//!
//! Next on the way of a finding: `crates/worker/src/scan.rs`.

use checkmate_domain::Scope;
use checkmate_scanners::{ScanContext, ScanError};
use checkmate_service::crashpoint::crashpoint;
use checkmate_store::{Attempt, SealList, Sealed};

use crate::attempt::Outcome;
use crate::history;
use crate::worker::Worker;

impl Worker {
    /// Finds the targets of the scope, seals the list once, and publishes what the window releases.
    pub(crate) async fn discover(
        &self,
        attempt: &Attempt,
        scope: &Scope,
        context: &ScanContext,
    ) -> Result<Outcome, Outcome> {
        let scanner =
            self.scanners.for_scope(scope).ok_or_else(|| no_scanner(scope.kind(), &self.scanners.kinds()))?;
        let found = scanner.discover(scope, context).await?;
        crashpoint("worker.after-discover");
        let before = self.store.scope_history(scope).await?;
        let (jobs, history) = history::plan(&before, &found, attempt.seq);
        let sealed = self.store.seal(&attempt.fence, &SealList { jobs, history: Some(history) }).await?;
        crashpoint("worker.after-seal");
        match sealed {
            Sealed::New(released, _) | Sealed::Already(released) => {
                self.publish(Vec::new(), &released).await?;
                Ok(Outcome::Done)
            }
            Sealed::FenceLost => Ok(Outcome::LostFence),
        }
    }
}

pub(crate) fn no_scanner(kind: &str, known: &[&str]) -> ScanError {
    ScanError::Permanent(format!(
        "nothing here scans '{kind}:' scopes; this release knows {}",
        known.join(", ")
    ))
}

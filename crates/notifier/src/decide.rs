//! What a result changes in its target, of which a page is held at a time.

use checkmate_domain::{KeyId, Timestamp};
use checkmate_store::{MoreFindings, ReconcileCommit, ReconcileInput, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::reconcile::{Round, Speaker};

/// What the result changes; `None` when another result of the target went first meanwhile, or it is to stop.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn decide(
    store: &dyn Store,
    input: &ReconcileInput,
    key_id: &KeyId,
    stopping: &CancellationToken,
) -> Result<Option<ReconcileCommit>, StoreError> {
    let ReconcileInput { job, report, target, more, loads: _ } = input;
    let at = Timestamp::now();
    let speaker = Speaker { scan: &job.scan, job: &job.id, seq: job.seq, at, key_id };
    let mut round = Round::new(&speaker, report, &target.head);
    round.known(&target.findings);
    let mut next = more.clone();
    while let Some(after) = next {
        if stopping.is_cancelled() {
            return Ok(None);
        }
        match store.more_findings(&report.target, target.version, &after).await? {
            MoreFindings::Some(findings, more) => {
                round.known(&findings);
                next = more;
            }
            MoreFindings::Moved => return Ok(None),
        }
    }
    let plan = round.plan();
    Ok(Some(ReconcileCommit {
        job: job.id.clone(),
        target: report.target.clone(),
        version: target.version,
        head: plan.head,
        upserts: plan.upserts,
        transitions: plan.transitions,
        checks: report.checks,
        at,
    }))
}

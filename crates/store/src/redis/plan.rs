//! Putting a result in the lifecycle. What is small is one script. What is large is a plan: its chunks are staged where
//! nobody reads them, one script flips the target to its next version and counts the job, and from then on whoever comes to
//! the target first writes the chunks that are left. So half a plan is never seen and none is written twice.

use checkmate_domain::TransitionKind;

use super::connect::random_id;
use super::error::corrupt;
use super::records::{final_progress, progress_before};
use super::reply;
use super::script::{APPLY, COMMIT, FLIP};
use super::seal::{chunked, stage_lost};
use super::store::{RedisStore, Result};
use crate::requests::{Committed, ReconcileCommit};

/// One change: a finding with its fingerprint, or a log entry.
enum Change {
    Finding(String, String),
    Entry(String),
}

/// A commit as the scripts take it.
struct Plan {
    head: String,
    opened: usize,
    resolved: usize,
    changes: Vec<Change>,
}

impl RedisStore {
    pub(super) async fn do_commit_reconcile(&self, commit: &ReconcileCommit) -> Result<Committed> {
        let plan = Plan::of(commit)?;
        let chunks = chunked(&plan.changes, Change::size);
        loop {
            let answer = match chunks.as_slice() {
                [] => self.commit_small(commit, &plan, &[]).await?,
                [all] => self.commit_small(commit, &plan, all).await?,
                chunks => Box::pin(self.commit_large(commit, &plan, chunks)).await?,
            };
            match answer {
                Some(committed) => return Ok(committed),
                None => Box::pin(self.finish_plan(commit.target.as_str())).await?,
            }
        }
    }

    /// `None` when another plan must be written first.
    async fn commit_small(
        &self,
        commit: &ReconcileCommit,
        plan: &Plan,
        all: &[Change],
    ) -> Result<Option<Committed>> {
        let mut call = self.commit_call(&COMMIT, commit, plan);
        call.arg(words(all));
        self.committed(self.ask_list(&COMMIT, &call).await?)
    }

    async fn commit_large(
        &self,
        commit: &ReconcileCommit,
        plan: &Plan,
        chunks: &[&[Change]],
    ) -> Result<Option<Committed>> {
        let id = format!("{}:{}", commit.job, random_id());
        for (number, chunk) in chunks.iter().enumerate() {
            self.stage(&format!("plan:{id}:{number}"), &[&words(chunk)], "store.after-stage-chunk").await?;
        }
        let mut call = self.commit_call(&FLIP, commit, plan);
        call.arg(&id).arg(chunks.len());
        let committed = self.committed(self.ask_list(&FLIP, &call).await?)?;
        if matches!(committed, Some(Committed::Committed(_))) {
            self.step("store.after-flip");
            if let Err(error) = self.finish_plan(commit.target.as_str()).await {
                tracing::warn!(target.id = %commit.target, %error, "decided, not all written yet; the next reader writes it");
            }
        }
        Ok(committed)
    }

    fn commit_call(
        &self,
        script: &super::script::Script,
        commit: &ReconcileCommit,
        plan: &Plan,
    ) -> deadpool_redis::redis::Cmd {
        let mut call = self.call(script);
        call.arg(commit.job.as_str()).arg(commit.target.as_str()).arg(commit.version).arg(&plan.head);
        call.arg(plan.opened).arg(plan.resolved).arg(commit.checks.asked).arg(commit.checks.unanswered);
        call
    }

    fn committed(&self, mut answer: reply::Items) -> Result<Option<Committed>> {
        Ok(Some(match answer.text()?.as_str() {
            "committed" => Committed::Committed(final_progress(&mut answer)?.map(Box::new)),
            "reconciled" => Committed::AlreadyReconciled(Box::new(progress_before(&mut answer)?)),
            "conflict" => Committed::Conflict,
            "applying" => return Ok(None),
            "stage-lost" => return Err(stage_lost()),
            _ => Committed::NoResult,
        }))
    }

    /// Writes what is left of a target's decided plan, whoever decided it.
    pub(super) async fn finish_plan(&self, target: &str) -> Result<()> {
        loop {
            let mut call = self.call(&APPLY);
            call.arg(target);
            let left = reply::int(self.ask(&APPLY, &call).await?)?;
            self.step("store.after-apply-chunk");
            if left == 0 {
                return Ok(());
            }
        }
    }
}

impl Plan {
    fn of(commit: &ReconcileCommit) -> Result<Self> {
        let ReconcileCommit { head, upserts, transitions, .. } = commit;
        let mut changes = Vec::with_capacity(upserts.len() + transitions.len());
        for record in upserts {
            let finding = serde_json::to_string(record).map_err(corrupt)?;
            changes.push(Change::Finding(record.finding.fingerprint.to_string(), finding));
        }
        for transition in transitions {
            changes.push(Change::Entry(serde_json::to_string(transition).map_err(corrupt)?));
        }
        let count = |kinds: &[TransitionKind]| transitions.iter().filter(|t| kinds.contains(&t.kind)).count();
        Ok(Self {
            head: serde_json::to_string(head).map_err(corrupt)?,
            opened: count(&[TransitionKind::Opened, TransitionKind::Reopened]),
            resolved: count(&[TransitionKind::Resolved]),
            changes,
        })
    }
}

impl Change {
    fn size(&self) -> usize {
        match self {
            Self::Finding(fingerprint, finding) => fingerprint.len() + finding.len(),
            Self::Entry(entry) => entry.len(),
        }
    }
}

/// How many findings, then fingerprint and finding in turn, then log entries: the form that `commit` and `apply` read.
fn words(changes: &[Change]) -> Vec<String> {
    let findings = changes.iter().filter(|change| matches!(change, Change::Finding(..))).count();
    let mut words = vec![findings.to_string()];
    for change in changes {
        match change {
            Change::Finding(fingerprint, finding) => words.extend([fingerprint.clone(), finding.clone()]),
            Change::Entry(entry) => words.push(entry.clone()),
        }
    }
    words
}

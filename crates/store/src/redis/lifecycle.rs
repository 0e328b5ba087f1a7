//! What is known of targets, and what a result changes in it.

use std::collections::BTreeMap;

use checkmate_domain::{FindingRecord, JobId, Scope, TargetHead, TargetId};
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::{self, json, progress, progress_before, unsigned};
use super::reply::{self, Fields, Items};
use super::script::{FINDING, LOAD, PARK, TARGET, TARGETS, TRANSITIONS};
use super::store::{RedisStore, Result};
use crate::error::StoreError;
use crate::records::{LogEntry, ScopeHistory, TargetState};
use crate::requests::{MoreFindings, Parked, ReconcileInput, ReconcileLoad, StoredJob};

/// A target with more findings is read in pages, so that no script blocks Redis for long.
const INLINE_FINDINGS: i64 = 1_000;
/// Where the pages of a hash begin, and what says that they are over.
const BEGINNING: &str = "0";
/// So often a read starts again because somebody else changed what was being read.
const ROUNDS: u32 = 20;

impl RedisStore {
    pub(super) async fn do_load_reconcile(&self, job: &JobId, count: bool) -> Result<ReconcileLoad> {
        for _ in 0..ROUNDS {
            let mut call = self.call(&LOAD);
            call.arg(job.as_str()).arg(i32::from(count)).arg(INLINE_FINDINGS);
            let mut answer = self.ask_list(&LOAD, &call).await?;
            match answer.text()?.as_str() {
                "ready" => return Ok(ReconcileLoad::Ready(Box::new(self.input(job, answer).await?))),
                "applying" => Box::pin(self.finish_plan(&answer.text()?)).await?,
                "reconciled" => {
                    return Ok(ReconcileLoad::AlreadyReconciled(Box::new(progress_before(&mut answer)?)));
                }
                "no-result" => return Ok(ReconcileLoad::NoResult),
                _ => return Ok(ReconcileLoad::Unknown),
            }
        }
        Err(restless("a target"))
    }

    /// The rest of what loading needs, in the order of `lua/load.lua`.
    async fn input(&self, id: &JobId, mut answer: Items) -> Result<ReconcileInput> {
        let job = StoredJob {
            id: id.clone(),
            scan: records::parsed(&answer.text()?)?,
            seq: unsigned(answer.int()?)?,
            attempt: unsigned(answer.int()?)?,
        };
        let loads = unsigned(answer.int()?)?;
        let parts = answer.int()?;
        let report = match answer.bytes()? {
            Some(body) => json(&body)?,
            None => Box::pin(self.parts(id, parts)).await?,
        };
        answer.text()?;
        let (target, more) = first(answer)?;
        Ok(ReconcileInput { job, report, target, more, loads })
    }

    pub(super) async fn do_more_findings(
        &self,
        target: &TargetId,
        version: u64,
        after: &str,
    ) -> Result<MoreFindings> {
        if after.is_empty() || !after.bytes().all(|b| b.is_ascii_digit()) {
            return Err(corrupt("that is no place in a target; use one that its findings came with"));
        }
        let mut findings = Vec::new();
        let next = self.findings_page(target.as_str(), after, &mut findings).await?;
        if !self.is_still(target.as_str(), version).await? {
            return Ok(MoreFindings::Moved);
        }
        Ok(MoreFindings::Some(findings, next))
    }

    pub(super) async fn do_target(&self, target: &TargetId) -> Result<TargetState> {
        for _ in 0..ROUNDS {
            let mut call = self.call(&TARGET);
            call.arg(target.as_str()).arg(INLINE_FINDINGS);
            let mut answer = self.ask_list(&TARGET, &call).await?;
            if answer.text()? == "applying" {
                self.finish_plan(target.as_str()).await?;
            } else if let Some(state) = self.state(target.as_str(), answer).await? {
                return Ok(state);
            }
        }
        Err(restless(target.as_str()))
    }

    /// Version, head, how many findings and the findings; `None` when the target moved on while they were read in pages.
    async fn state(&self, target: &str, answer: Items) -> Result<Option<TargetState>> {
        let (mut state, mut next) = first(answer)?;
        if next.is_none() {
            return Ok(Some(state));
        }
        while let Some(cursor) = next {
            next = self.findings_page(target, &cursor, &mut state.findings).await?;
        }
        state.findings = in_order(state.findings);
        Ok(self.is_still(target, state.version).await?.then_some(state))
    }

    /// Some findings; where they go on.
    async fn findings_page(
        &self,
        target: &str,
        cursor: &str,
        findings: &mut Vec<FindingRecord>,
    ) -> Result<Option<String>> {
        let mut scan = self.command("HSCAN", &format!("findings:{target}"));
        let mut page = Items::of(self.run(scan.arg(cursor).arg("COUNT").arg(500)).await?)?;
        let next = page.text()?;
        for field in page.fields()?.beginning("") {
            findings.push(json::<FindingRecord>(field?.1)?);
        }
        Ok((next != BEGINNING).then_some(next))
    }

    async fn is_still(&self, target: &str, version: u64) -> Result<bool> {
        let mut again = self.command("HMGET", &format!("target:{target}"));
        let mut now = Items::of(self.run(again.arg("version").arg("applying")).await?)?;
        Ok(now.int()? == i64::try_from(version).unwrap_or(-1) && now.bytes()?.is_none())
    }

    pub(super) async fn do_park_result(&self, job: &JobId) -> Result<Parked> {
        let mut call = self.call(&PARK);
        call.arg(job.as_str());
        let mut answer = self.ask_list(&PARK, &call).await?;
        if answer.text()? == "kept" {
            return Ok(Parked::Kept);
        }
        Ok(Parked::Parked(Box::new(progress(&mut answer)?)))
    }

    pub(super) async fn do_targets(&self) -> Result<Vec<TargetId>> {
        let mut answer = self.finished(&TARGETS, |call| call).await?;
        answer.items()?.each(|value| records::parsed(&reply::text(value)?))
    }

    pub(super) async fn do_finding(&self, fingerprint: &str) -> Result<Option<FindingRecord>> {
        let mut answer = self
            .finished(&FINDING, |mut call| {
                call.arg(fingerprint);
                call
            })
            .await?;
        match answer.bytes() {
            Ok(found) => found.as_deref().map(json).transpose(),
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn do_transitions(&self, after: Option<&str>, limit: u64) -> Result<Vec<LogEntry>> {
        let after = after.unwrap_or("-");
        if after != "-" && !is_position(after) {
            return Err(corrupt("that is no position in the log; use one that an entry came with"));
        }
        let mut answer = self
            .finished(&TRANSITIONS, |mut call| {
                call.arg(after).arg(limit.min(10_000));
                call
            })
            .await?;
        answer.items()?.each(log_entry)
    }

    pub(super) async fn do_scope_history(&self, scope: &Scope) -> Result<ScopeHistory> {
        let answer = self.run(self.command("HGET", &format!("history:{scope}")).arg("json")).await?;
        match answer {
            Value::Nil => Ok(ScopeHistory::default()),
            history => json(&reply::bytes(history)?),
        }
    }

    /// Asks until no decided plan is left to be written.
    async fn finished(
        &self,
        script: &super::script::Script,
        arguments: impl Fn(deadpool_redis::redis::Cmd) -> deadpool_redis::redis::Cmd,
    ) -> Result<Items> {
        for _ in 0..ROUNDS {
            let mut answer = self.ask_list(script, &arguments(self.call(script))).await?;
            if answer.text()? != "unfinished" {
                return Ok(answer);
            }
            for target in answer.items()?.each(reply::text)? {
                self.finish_plan(&target).await?;
            }
        }
        Err(restless("the log"))
    }
}

/// Version, head, how many findings, and the findings unless they are too many; then, where they begin.
fn first(mut answer: Items) -> Result<(TargetState, Option<String>)> {
    let version = unsigned(answer.int()?)?;
    let head = answer.bytes()?.as_deref().map(json::<TargetHead>).transpose()?.unwrap_or_default();
    let more = (answer.int()? > INLINE_FINDINGS).then(|| BEGINNING.to_owned());
    let findings = answer.items()?.each(|value| json::<FindingRecord>(&reply::bytes(value)?))?;
    Ok((TargetState { version, head, findings: in_order(findings) }, more))
}

fn in_order(findings: Vec<FindingRecord>) -> Vec<FindingRecord> {
    let keyed = findings.into_iter().map(|record| (record.finding.fingerprint.clone(), record));
    keyed.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn log_entry(value: Value) -> Result<LogEntry> {
    let mut pieces = Items::of(value)?;
    let position = pieces.text()?;
    let fields: Fields = pieces.fields()?;
    let entry = fields.get("t").ok_or_else(|| corrupt("a log entry is empty"))?;
    Ok(LogEntry { position, transition: json(entry)? })
}

fn is_position(text: &str) -> bool {
    let number =
        |part: &str| !part.is_empty() && part.len() <= 20 && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(time, count)| number(time) && number(count))
}

fn restless(what: &str) -> StoreError {
    StoreError::Unavailable(format!("{what} changed each time it was read; try again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positions_of_the_log_are_asked_for() {
        for (text, is) in [
            ("1-0", true),
            ("1700000000000-12", true),
            ("", false),
            ("+", false),
            ("1", false),
            ("1-x", false),
        ] {
            assert_eq!(is_position(text), is, "{text}");
        }
    }
}

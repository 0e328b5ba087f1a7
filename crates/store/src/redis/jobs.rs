//! Jobs and their attempts.

use std::time::Duration;

use checkmate_domain::{EndReason, JobId, JobMessage, NotAssessed, ScanId};
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::{self, jobs, messages, progress, unsigned};
use super::reply;
use super::reply::Items;
use super::script::{
    BEGIN, END_ATTEMPT, END_JOB, JOB, MARK_PUBLISHED, OPEN_JOBS, RENEW_FENCE, SCAN_JOBS, TOP_UP,
};
use super::store::{RedisStore, Result, millis};
use crate::error::StoreError;
use crate::pressure::{PATIENT_AFTER, PUT_OFF};
use crate::records::JobRecord;
use crate::requests::{
    Assignment, Attempt, AttemptEnd, Begin, BeginRequest, EndedAttempt, Fence, JobEnded, LockGuard, Renewed,
};

/// So many jobs are read by one script, and so many marked by one.
const PAGE: u64 = 500;

impl RedisStore {
    pub(super) async fn do_job(&self, id: &JobId) -> Result<Option<JobRecord>> {
        let mut call = self.call(&JOB);
        call.arg(id.as_str());
        match self.ask(&JOB, &call).await? {
            Value::Nil => Ok(None),
            answer => records::job(answer).map(Some),
        }
    }

    pub(super) async fn do_scan_jobs(&self, scan: &ScanId, skip: u64, limit: u64) -> Result<Vec<JobRecord>> {
        let mut all = Vec::new();
        while (all.len() as u64) < limit {
            let first = skip + all.len() as u64;
            let want = PAGE.min(limit - all.len() as u64);
            let mut call = self.call(&SCAN_JOBS);
            call.arg(scan.as_str()).arg(first).arg(first + want - 1);
            let page = jobs(self.ask_list(&SCAN_JOBS, &call).await?)?;
            let last = (page.len() as u64) < want;
            all.extend(page);
            if last {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn do_open_jobs(
        &self,
        scan: &ScanId,
        after: Option<&JobId>,
        limit: u64,
    ) -> Result<Vec<JobRecord>> {
        let mut all: Vec<JobRecord> = Vec::new();
        while (all.len() as u64) < limit {
            let want = PAGE.min(limit - all.len() as u64);
            let from = all.last().map(|job| &job.id).or(after).map_or("", JobId::as_str);
            let mut call = self.call(&OPEN_JOBS);
            call.arg(scan.as_str()).arg(from).arg(want);
            let page = jobs(self.ask_list(&OPEN_JOBS, &call).await?)?;
            let last = (page.len() as u64) < want;
            all.extend(page);
            if last {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn do_mark_published(&self, jobs: &[JobId]) -> Result<()> {
        for some in jobs.chunks(500) {
            let mut call = self.call(&MARK_PUBLISHED);
            for job in some {
                call.arg(job.as_str());
            }
            self.ask(&MARK_PUBLISHED, &call).await?;
        }
        Ok(())
    }

    pub(super) async fn do_begin_attempt(&self, request: &BeginRequest) -> Result<Begin> {
        let BeginRequest { job, holder, ttl, alone, max_failures, max_crashes, max_crashes_alone, limits } =
            request;
        let mut call = self.call(&BEGIN);
        call.arg(job.as_str()).arg(holder.as_str()).arg(millis(*ttl)).arg(i32::from(*alone));
        call.arg(*max_failures).arg(*max_crashes_alone).arg(*max_crashes);
        call.arg(limits.per_target).arg(limits.per_organisation);
        call.arg(millis(PUT_OFF.0)).arg(millis(PUT_OFF.1)).arg(millis(PATIENT_AFTER));
        let mut answer = self.ask_list(&BEGIN, &call).await?;
        Ok(match answer.text()?.as_str() {
            "started" => Begin::Started(Box::new(attempt(job, &mut answer)?)),
            "suspect" => Begin::Suspect,
            "busy" => Begin::Busy(Duration::from_millis(unsigned(answer.int()?)?)),
            "full" => Begin::Full(Duration::from_millis(unsigned(answer.int()?)?)),
            "stored" => {
                let job = Box::new(records::job(answer.value()?)?);
                Begin::AlreadyStored(job, messages(answer.items()?)?)
            }
            "sealed" => Begin::AlreadySealed(messages(answer.items()?)?),
            "over" => Begin::Over,
            "condemned" => Begin::Condemned(condemned(&mut answer)?),
            _ => Begin::Unknown,
        })
    }

    pub(super) async fn do_renew_fence(&self, fence: &Fence, ttl: Duration) -> Result<Renewed> {
        let mut call = self.call(&RENEW_FENCE);
        call.arg(fence.job.as_str()).arg(fence.token).arg(millis(ttl));
        Ok(match reply::text(self.ask(&RENEW_FENCE, &call).await?)?.as_str() {
            "held" => Renewed::Held,
            "cancelled" => Renewed::Cancelled,
            _ => Renewed::Lost,
        })
    }

    pub(super) async fn do_end_attempt(&self, fence: &Fence, end: &AttemptEnd) -> Result<EndedAttempt> {
        let (how, after, why) = match end {
            AttemptEnd::Failed { error, retry_after } => ("failed", retry_after, error.as_str()),
            AttemptEnd::GivenBack { retry_after, why } => {
                ("given-back", retry_after, why.as_deref().unwrap_or_default())
            }
        };
        let mut call = self.call(&END_ATTEMPT);
        call.arg(fence.job.as_str()).arg(fence.token).arg(how).arg(millis(*after)).arg(why);
        match self.ask(&END_ATTEMPT, &call).await? {
            Value::Nil => Ok(EndedAttempt::FenceLost),
            failures => Ok(EndedAttempt::Noted(unsigned(reply::int(failures)?)?)),
        }
    }

    pub(super) async fn do_end_job(
        &self,
        job: &JobId,
        reason: &EndReason,
        guard: Option<&LockGuard>,
    ) -> Result<JobEnded> {
        let word = match reason {
            EndReason::NotAssessed(why) => why.word(),
            EndReason::Cancelled => "cancelled",
            EndReason::Split => "",
        };
        let end = serde_json::to_string(reason).map_err(corrupt)?;
        let mut call = self.call(&END_JOB);
        call.arg(job.as_str()).arg(end).arg(word).arg(for_a_person(reason));
        call.arg(guard.map_or("", |guard| guard.name.as_str())).arg(guard.map_or(0, |guard| guard.token));
        let mut answer = self.ask_list(&END_JOB, &call).await?;
        Ok(match answer.text()?.as_str() {
            "ended" => JobEnded::Ended(messages(answer.items()?)?, Box::new(progress(&mut answer)?)),
            "kept" => JobEnded::Kept,
            _ => JobEnded::Unknown,
        })
    }

    pub(super) async fn do_top_up(&self, scan: &ScanId, guard: &LockGuard) -> Result<Vec<JobMessage>> {
        let mut call = self.call(&TOP_UP);
        call.arg(scan.as_str()).arg(&guard.name).arg(guard.token);
        messages(self.ask_list(&TOP_UP, &call).await?)
    }
}

/// The sequence is the token of the fence too.
fn attempt(job: &JobId, answer: &mut Items) -> Result<Attempt> {
    let seq = unsigned(answer.int()?)?;
    let (scan, number) = (records::taken(answer.text()?)?, unsigned(answer.int()?)?);
    let kind = records::word(&answer.text()?)?;
    let spec = answer.bytes()?.as_deref().map(records::spec).transpose()?;
    let assignment =
        Assignment::of(kind, records::parsed(&answer.text()?)?, spec).ok_or_else(|| no_entry(job))?;
    let waits_for = answer.maybe_text()?;
    Ok(Attempt { fence: Fence { job: job.clone(), token: seq }, number, seq, scan, assignment, waits_for })
}

fn no_entry(job: &JobId) -> StoreError {
    corrupt(format!("job {job} is to scan a target and stands on no list"))
}

fn for_a_person(reason: &EndReason) -> String {
    match reason {
        EndReason::NotAssessed(why) => why.to_string(),
        EndReason::Cancelled | EndReason::Split => reason.to_string(),
    }
}

fn condemned(answer: &mut Items) -> Result<NotAssessed> {
    let why = answer.text()?;
    let detail = answer.text()?;
    Ok(match why.as_str() {
        "expired" => NotAssessed::Expired,
        "crash-loop" => NotAssessed::CrashLoop,
        _ => NotAssessed::Failed(detail),
    })
}

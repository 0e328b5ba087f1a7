//! Attempts: begun with a fence, kept, and given up.

use std::time::Duration;

use checkmate_domain::{NotAssessed, Timestamp};
use rusqlite::{Connection, params};

use super::error::corrupt;
use super::jobs::{self, Job};
use super::pressure;
use super::row::{Result, millis, run, value};
use super::scans::Scan;
use crate::records::{JobRecord, JobState, ScanState};
use crate::requests::{Assignment, Attempt, AttemptEnd, Begin, BeginRequest, EndedAttempt, Fence, Renewed};

pub(super) fn begin(db: &Connection, request: &BeginRequest) -> Result<Begin> {
    let Some((job, mut scan)) = jobs::find(db, &request.job)? else { return Ok(Begin::Unknown) };
    let now = Timestamp::now();
    let verdict = verdict(&job, &scan, request, now);
    if matches!(verdict, Verdict::Start | Verdict::Not(Begin::Suspect))
        && let Some(wait) = pressure::full(db, &job, request.limits, now)?
    {
        return Ok(Begin::Full(wait));
    }
    match verdict {
        Verdict::Start => {}
        Verdict::Stored => {
            return Ok(Begin::AlreadyStored(Box::new(job.record), jobs::recorded(db, &scan)?));
        }
        Verdict::Sealed => return Ok(Begin::AlreadySealed(jobs::recorded(db, &scan)?)),
        Verdict::Not(begin) => return Ok(begin),
    }
    let attempt = start(db, job, request, now)?;
    if scan.record.state == ScanState::Planned {
        scan.record.state = ScanState::Discovering;
        scan.save(db)?;
    }
    Ok(Begin::Started(Box::new(attempt)))
}

enum Verdict {
    Start,
    Stored,
    Sealed,
    Not(Begin),
}

/// Whether a job may run now; the order is the contract's.
fn verdict(job: &Job, scan: &Scan, request: &BeginRequest, now: Timestamp) -> Verdict {
    let scan_is_over = scan.record.state.is_final();
    let record = &job.record;
    match record.state {
        JobState::Stored => return Verdict::Stored,
        JobState::Ended if job.sealed && !scan_is_over => return Verdict::Sealed,
        JobState::Reconciled | JobState::Parked | JobState::Ended => return Verdict::Not(Begin::Over),
        JobState::Waiting => return Verdict::Not(Begin::Unknown),
        JobState::Recorded | JobState::Published | JobState::Running => {}
    }
    if scan_is_over {
        return Verdict::Not(Begin::Over);
    }
    if let Some(fence) = record.fence.as_ref().filter(|fence| fence.until > now) {
        return Verdict::Not(Begin::Busy(fence.until.since(now)));
    }
    if record.expires_at <= now {
        return Verdict::Not(Begin::Condemned(NotAssessed::Expired));
    }
    if record.failures >= request.max_failures {
        let last = record.last_error.clone().unwrap_or_default();
        return Verdict::Not(Begin::Condemned(NotAssessed::Failed(last)));
    }
    if record.crashes_alone >= request.max_crashes_alone {
        return Verdict::Not(Begin::Condemned(NotAssessed::CrashLoop));
    }
    if record.crashes >= request.max_crashes && !request.alone {
        return Verdict::Not(Begin::Suspect);
    }
    Verdict::Start
}

fn start(db: &Connection, job: Job, request: &BeginRequest, now: Timestamp) -> Result<Attempt> {
    let seq: u64 = value(db, "UPDATE sequence SET last = last + 1 RETURNING last", [])?
        .ok_or_else(|| corrupt("sequence", "1", "it is missing"))?;
    let JobRecord { id, scan, kind, scope, spec, attempt, crashes, crashes_alone, waits_for, .. } =
        job.record;
    let assignment = Assignment::of(kind, scope, spec)
        .ok_or_else(|| corrupt("jobs", id.as_str(), "it is to scan a target and names none"))?;
    let (token, number) = (job.token + 1, attempt + 1);
    let until = now.plus(Duration::from_millis(millis(request.ttl)));
    run(
        db,
        "UPDATE jobs SET state = 'running', token = ?2, holder = ?3, held_until = ?4, alone = ?5, attempt_seq = ?6, \
         attempt = ?7, crashes = ?8, crashes_alone = ?9, begun_at = ?10 WHERE n = ?1",
        params![
            job.n,
            token,
            request.holder.as_str(),
            until.as_millis(),
            request.alone,
            seq,
            number,
            crashes + 1,
            crashes_alone + u32::from(request.alone),
            now.as_millis(),
        ],
    )?;
    Ok(Attempt { fence: Fence { job: id, token }, number, seq, scan, assignment, waits_for })
}

pub(super) fn renew(db: &Connection, fence: &Fence, ttl: Duration) -> Result<Renewed> {
    let Some((job, scan)) = jobs::find(db, &fence.job)?.filter(|(job, _)| job.is_held_by(fence)) else {
        return Ok(Renewed::Lost);
    };
    if scan.record.state == ScanState::Cancelled {
        return Ok(Renewed::Cancelled);
    }
    let until = Timestamp::now().plus(Duration::from_millis(millis(ttl)));
    run(db, "UPDATE jobs SET held_until = ?2 WHERE n = ?1", params![job.n, until.as_millis()])?;
    Ok(Renewed::Held)
}

pub(super) fn end(db: &Connection, fence: &Fence, end: &AttemptEnd) -> Result<EndedAttempt> {
    let Some((job, _)) = jobs::find(db, &fence.job)?.filter(|(job, _)| job.is_held_by(fence)) else {
        return Ok(EndedAttempt::FenceLost);
    };
    let (failed, error, why, wait) = match end {
        AttemptEnd::Failed { error, retry_after } => (true, Some(error), None, retry_after),
        AttemptEnd::GivenBack { retry_after, why } => {
            (false, job.record.last_error.as_ref(), why.as_ref(), retry_after)
        }
    };
    let failures = job.record.failures + u32::from(failed);
    run(
        db,
        "UPDATE jobs SET state = 'published', holder = NULL, held_until = NULL, crashes = max(crashes - 1, 0), \
         crashes_alone = max(crashes_alone - alone, 0), alone = 0, not_before = ?2, attempt = max(attempt - ?3, 0), \
         failures = ?4, last_error = ?5, waits_for = ?6 WHERE n = ?1",
        params![
            job.n,
            Timestamp::now().plus(Duration::from_millis(millis(*wait))).as_millis(),
            !failed,
            failures,
            error,
            why,
        ],
    )?;
    Ok(EndedAttempt::Noted(failures))
}

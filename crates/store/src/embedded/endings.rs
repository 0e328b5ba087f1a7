//! Ends without a result, and results nobody waits for any more.

use checkmate_domain::{EndReason, JobId, Timestamp};
use rusqlite::{Connection, params};

use super::jobs::{self, Job};
use super::row::{Result, run, to_json};
use super::scans::Scan;
use super::{locks, window};
use crate::records::{JobState, ScanState};
use crate::requests::{JobEnded, LockGuard, Parked};

/// The word parked results are counted by.
pub(super) const PARKED: &str = "parked";

pub(super) fn end_job(
    db: &Connection,
    id: &JobId,
    reason: &EndReason,
    guard: Option<&LockGuard>,
) -> Result<JobEnded> {
    let Some((job, mut scan)) = jobs::find(db, id)? else { return Ok(JobEnded::Unknown) };
    let now = Timestamp::now();
    let may = match guard {
        Some(guard) => locks::holds(db, guard, now)?,
        None => true,
    };
    let running = matches!(job.record.state, JobState::Recorded | JobState::Published | JobState::Running);
    if !may || !running {
        return Ok(JobEnded::Kept);
    }
    run(
        db,
        "UPDATE jobs SET state = 'ended', is_open = 0, holder = NULL, held_until = NULL, alone = 0, end_reason = ?2, \
         waits_for = NULL WHERE n = ?1",
        params![job.n, to_json(reason)?],
    )?;
    let finished = count_end(&mut scan, &job, reason, now);
    let claimed = window::claim(db, &mut scan, now)?;
    scan.save(db)?;
    Ok(JobEnded::Ended(claimed, scan.progress(finished)))
}

/// Counts an end in the scan; whether that made it final.
fn count_end(scan: &mut Scan, job: &Job, reason: &EndReason, now: Timestamp) -> bool {
    let scan = &mut scan.record;
    if !job.is_on_list() {
        if scan.state.is_final() {
            return false;
        }
        scan.state = ScanState::Failed;
        scan.error = Some(for_a_person(reason));
        scan.finished_at = Some(now);
        return true;
    }
    if let Some(word) = word(reason) {
        *scan.ended.entry(word.to_owned()).or_default() += 1;
    }
    scan.pending = scan.pending.saturating_sub(1);
    scan.in_window = scan.in_window.saturating_sub(1);
    window::finish(scan, now)
}

/// The word an end is counted by; a split job is answered for by its parts.
fn word(reason: &EndReason) -> Option<&'static str> {
    match reason {
        EndReason::NotAssessed(why) => Some(why.word()),
        EndReason::Cancelled => Some("cancelled"),
        EndReason::Split => None,
    }
}

fn for_a_person(reason: &EndReason) -> String {
    match reason {
        EndReason::NotAssessed(why) => why.to_string(),
        EndReason::Cancelled | EndReason::Split => reason.to_string(),
    }
}

pub(super) fn park(db: &Connection, id: &JobId) -> Result<Parked> {
    let Some((job, mut scan)) = jobs::find(db, id)?.filter(|(job, _)| job.record.state == JobState::Stored)
    else {
        return Ok(Parked::Kept);
    };
    run(db, "UPDATE jobs SET state = 'parked', is_open = 0 WHERE n = ?1", [job.n])?;
    *scan.record.ended.entry(PARKED.to_owned()).or_default() += 1;
    scan.record.pending = scan.record.pending.saturating_sub(1);
    let finished = window::finish(&mut scan.record, Timestamp::now());
    scan.save(db)?;
    Ok(Parked::Parked(scan.progress(finished)))
}

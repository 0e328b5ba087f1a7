//! Sealing a list: the scan's own, or the parts behind it. All rows in one transaction.

use checkmate_domain::{EndReason, JobId, JobKind, JobSpec, ScanId, Timestamp};
use rusqlite::{Connection, params};

use super::jobs::{self, Job};
use super::row::{Result, run, to_json, value};
use super::scans::{Scan, bound};
use super::window;
use crate::records::{ScanState, ScopeHistory};
use crate::requests::{Fence, SealList, Sealed};

/// A list made ready for writing.
pub(super) struct Listed {
    /// Job id and specification.
    jobs: Vec<(JobId, String)>,
    /// The sequence and the whole history.
    history: Option<(u64, String)>,
}

impl Listed {
    /// What of it costs time is done here, away from the writer.
    pub(super) fn new(scan: &ScanId, list: &SealList) -> Result<Self> {
        let job = |spec: &JobSpec| -> Result<_> {
            let part = spec.part.as_ref().map(|part| &part.id);
            let id = JobId::derived(scan, JobKind::Scan.as_str(), spec.target.as_str(), part);
            Ok((id, to_json(spec)?))
        };
        let history = |history: &ScopeHistory| -> Result<_> { Ok((history.seq, to_json(history)?)) };
        Ok(Self {
            jobs: list.jobs.iter().map(job).collect::<Result<_>>()?,
            history: list.history.as_ref().map(history).transpose()?,
        })
    }
}

/// The scan of a job, which never changes.
pub(super) fn scan_of(db: &Connection, job: &JobId) -> Result<Option<ScanId>> {
    Ok(jobs::find(db, job)?.map(|(_, scan)| scan.record.id))
}

pub(super) fn seal(db: &Connection, fence: &Fence, list: &Listed) -> Result<Sealed> {
    let Some((job, mut scan)) = jobs::find(db, &fence.job)? else { return Ok(Sealed::FenceLost) };
    if job.sealed {
        return Ok(Sealed::Already(jobs::recorded(db, &scan)?));
    }
    if !job.is_held_by(fence) || scan.record.state.is_final() {
        return Ok(Sealed::FenceLost);
    }
    let now = Timestamp::now();
    let count = append(db, &scan, &list.jobs)?;
    scan.record.total += count;
    scan.record.pending += count;
    if job.is_on_list() {
        scan.record.pending = scan.record.pending.saturating_sub(1);
        scan.record.in_window = scan.record.in_window.saturating_sub(1);
    } else {
        scan.record.sealed = true;
        scan.record.state = ScanState::Running;
    }
    end_by_sealing(db, &job)?;
    if let Some((seq, history)) = &list.history {
        note_history(db, &scan, *seq, history)?;
    }
    let claimed = window::claim(db, &mut scan, now)?;
    let finished = window::finish(&mut scan.record, now);
    scan.save(db)?;
    Ok(Sealed::New(claimed, scan.progress(finished)))
}

/// Adds waiting jobs to the list; one that stands there already is not added again. How many were added.
fn append(db: &Connection, scan: &Scan, jobs: &[(JobId, String)]) -> Result<u64> {
    let before = bound(scan.record.total);
    let mut place = before;
    let mut insert = db.prepare_cached(
        "INSERT INTO jobs (id, scan, place, kind, state, spec) VALUES (?1, ?2, ?3, 'scan', 'waiting', ?4) \
         ON CONFLICT (id) DO NOTHING",
    )?;
    for (id, spec) in jobs {
        let added = insert.execute(params![id.as_str(), scan.n, place + 1, spec])?;
        place += i64::from(added > 0);
    }
    Ok(u64::try_from(place - before).unwrap_or_default())
}

fn end_by_sealing(db: &Connection, job: &Job) -> Result<()> {
    let reason = job.is_on_list().then(|| to_json(&EndReason::Split)).transpose()?;
    run(
        db,
        "UPDATE jobs SET state = 'ended', is_open = 0, sealed = 1, holder = NULL, held_until = NULL, \
         crashes = max(crashes - 1, 0), crashes_alone = max(crashes_alone - alone, 0), alone = 0, end_reason = ?2, \
         waits_for = NULL WHERE n = ?1",
        params![job.n, reason],
    )?;
    Ok(())
}

fn note_history(db: &Connection, scan: &Scan, seq: u64, history: &str) -> Result<()> {
    run(
        db,
        "INSERT INTO scope_histories (scope, seq, record) VALUES (?1, ?2, ?3) \
         ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq, record = excluded.record WHERE excluded.seq >= seq",
        params![scan.record.scope.to_string(), seq, history],
    )?;
    Ok(())
}

pub(super) fn history(db: &Connection, scope: &str) -> Result<Option<String>> {
    value(db, "SELECT record FROM scope_histories WHERE scope = ?1", [scope])
}

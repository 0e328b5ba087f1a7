//! The window of a scan, and its end: what may be released, and when nothing is left.

use checkmate_domain::{JobKind, JobMessage, ScanId, Timestamp};
use rusqlite::{Connection, params};

use super::jobs;
use super::locks;
use super::row::{Fields, Result, many};
use super::scans::{self, Scan, bound};
use crate::records::{ScanRecord, ScanState};
use crate::requests::LockGuard;

/// How many jobs may be released now.
fn free(scan: &ScanRecord) -> u64 {
    if scan.state.is_final() {
        return 0;
    }
    u64::from(scan.window).saturating_sub(scan.in_window).min(scan.total.saturating_sub(scan.released))
}

/// Releases the next jobs of the list, as many as the window allows, and counts them; the caller saves the scan.
pub(super) fn claim(db: &Connection, scan: &mut Scan, now: Timestamp) -> Result<Vec<JobMessage>> {
    let free = free(&scan.record);
    if free == 0 {
        return Ok(Vec::new());
    }
    let from = bound(scan.record.released);
    let mut claimed = many(
        db,
        "UPDATE jobs SET state = 'recorded', is_open = 1, released_at = ?4, not_before = ?4 \
         WHERE scan = ?1 AND place > ?2 AND place <= ?3 RETURNING place, id",
        params![scan.n, from, from.saturating_add(bound(free)), now.as_millis()],
        |row| {
            let mut fields = Fields::new(row, "jobs", 1, 0)?;
            let place: i64 = fields.next()?;
            Ok((place, jobs::message(&scan.record, fields.word()?, JobKind::Scan, now)))
        },
    )?;
    claimed.sort_unstable_by_key(|(place, _)| *place);
    scan.record.released += claimed.len() as u64;
    scan.record.in_window += claimed.len() as u64;
    Ok(claimed.into_iter().map(|(_, job)| job).collect())
}

/// Makes a scan final when nothing of its sealed list is left; whether it did.
pub(super) fn finish(scan: &mut ScanRecord, now: Timestamp) -> bool {
    if !scan.sealed || scan.pending > 0 || scan.state.is_final() {
        return false;
    }
    let complete = scan.ended.values().all(|count| *count == 0);
    scan.state = if complete { ScanState::Finished } else { ScanState::FinishedIncomplete };
    scan.finished_at = Some(now);
    true
}

pub(super) fn top_up(db: &Connection, id: &ScanId, guard: &LockGuard) -> Result<Vec<JobMessage>> {
    let now = Timestamp::now();
    if !locks::holds(db, guard, now)? {
        return Ok(Vec::new());
    }
    let Some(mut scan) = scans::find(db, id)? else { return Ok(Vec::new()) };
    let claimed = claim(db, &mut scan, now)?;
    if !claimed.is_empty() {
        scan.save(db)?;
    }
    Ok(claimed)
}

//! What is old enough goes: scans with their jobs and reports, the beginning of the log, dead letters.

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use rusqlite::{Connection, params};

use super::locks;
use super::open::EmbeddedStore;
use super::row::{Result, many, one, run, value};
use super::scans::bound;
use crate::history::{Cutoffs, HistoryStore, Purged};
use crate::requests::LockGuard;

/// Scans that may go: final and announced, ended before `?1`, and a newer one of their scope is final too.
macro_rules! outdated_scans {
    () => {
        "FROM scans s WHERE s.announced = 1 AND s.finished_at < ?1 AND EXISTS (SELECT 1 FROM scans newer \
         WHERE newer.scope = s.scope AND newer.n > s.n AND newer.finished_at IS NOT NULL AND newer.created_at < ?1)"
    };
}

/// The first entry of the log that must stay, whatever comes after it.
const FIRST_TO_STAY: &str =
    "SELECT n FROM transitions WHERE json_extract(record, '$.at') >= ?1 ORDER BY n LIMIT 1";

fn outdated(db: &Connection, before: &Cutoffs) -> Result<Purged> {
    let results = before.results.as_millis();
    let number = |sql: &str, before: i64| value::<u64>(db, sql, [before]).map(Option::unwrap_or_default);
    let jobs = concat!("SELECT count(*) FROM jobs WHERE scan IN (SELECT s.n ", outdated_scans!(), ")");
    let last = log_end(db, before.events)?;
    let (dead_handled, dead_waiting) = dead_letters(db, before.dead_letters, u64::MAX)?;
    Ok(Purged {
        scans: number(concat!("SELECT count(*) ", outdated_scans!()), results)?,
        jobs: number(jobs, results)?,
        transitions: number("SELECT count(*) FROM transitions WHERE n <= ?1", last)?,
        dead_handled,
        dead_waiting,
        more: false,
    })
}

/// The last position of the log that may go.
fn log_end(db: &Connection, before: Timestamp) -> Result<i64> {
    if let Some(first) = value::<i64>(db, FIRST_TO_STAY, [before.as_millis()])? {
        return Ok(first - 1);
    }
    Ok(value::<Option<i64>>(db, "SELECT max(n) FROM transitions", [])?.flatten().unwrap_or(0))
}

/// How many of the oldest dead letters were handled, and how many wait.
fn dead_letters(db: &Connection, before: Timestamp, limit: u64) -> Result<(u64, u64)> {
    let sql = "SELECT count(*), coalesce(sum(status = 'waiting'), 0) FROM \
               (SELECT status FROM dead_letters WHERE last_at < ?1 ORDER BY last_at, n LIMIT ?2)";
    let counted: Option<(u64, u64)> =
        one(db, sql, [before.as_millis(), bound(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (all, waiting) = counted.unwrap_or_default();
    Ok((all - waiting, waiting))
}

fn purge(db: &Connection, before: &Cutoffs, limit: u64, guard: Option<&LockGuard>) -> Result<Purged> {
    let mut purged = Purged::default();
    if let Some(guard) = guard
        && !locks::holds(db, guard, Timestamp::now())?
    {
        return Ok(purged);
    }
    purge_scans(db, before.results, limit, &mut purged)?;
    purge_log(db, before.events, limit.saturating_sub(purged.total()), &mut purged)?;
    purge_dead(db, before.dead_letters, limit.saturating_sub(purged.total()), &mut purged)?;
    purged.more = purged.total() >= limit;
    Ok(purged)
}

fn purge_scans(db: &Connection, before: Timestamp, limit: u64, purged: &mut Purged) -> Result<()> {
    let sql = concat!("SELECT s.n ", outdated_scans!(), " ORDER BY s.n LIMIT ?2");
    let scans: Vec<i64> = many(db, sql, [before.as_millis(), bound(limit)], |row| Ok(row.get(0)?))?;
    for scan in scans {
        let left = limit.saturating_sub(purged.total());
        if left == 0 {
            return Ok(());
        }
        let jobs = "SELECT n FROM jobs WHERE scan = ?1 ORDER BY place DESC LIMIT ?2";
        let jobs: Vec<i64> = many(db, jobs, [scan, bound(left)], |row| Ok(row.get(0)?))?;
        for job in &jobs {
            run(db, "DELETE FROM reports WHERE job = ?1", [job])?;
            run(db, "DELETE FROM jobs WHERE n = ?1", [job])?;
        }
        purged.jobs += jobs.len() as u64;
        if value::<i64>(db, "SELECT 1 FROM jobs WHERE scan = ?1 LIMIT 1", [scan])?.is_none() {
            run(db, "DELETE FROM scans WHERE n = ?1", [scan])?;
            purged.scans += 1;
        }
    }
    Ok(())
}

fn purge_log(db: &Connection, before: Timestamp, limit: u64, purged: &mut Purged) -> Result<()> {
    if limit == 0 {
        return Ok(());
    }
    let sql = "SELECT n, json_extract(record, '$.at') FROM transitions ORDER BY n LIMIT ?1";
    let first: Vec<(i64, i64)> = many(db, sql, [bound(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let old = first.iter().take_while(|(_, at)| *at < before.as_millis());
    let Some((upto, _)) = old.last() else { return Ok(()) };
    run(db, "UPDATE log_start SET upto = ?1 WHERE upto < ?1", [upto])?;
    purged.transitions += run(db, "DELETE FROM transitions WHERE n <= ?1", [upto])? as u64;
    Ok(())
}

fn purge_dead(db: &Connection, before: Timestamp, limit: u64, purged: &mut Purged) -> Result<()> {
    let (handled, waiting) = dead_letters(db, before, limit)?;
    if handled + waiting == 0 {
        return Ok(());
    }
    let sql = "DELETE FROM dead_letters WHERE n IN \
               (SELECT n FROM dead_letters WHERE last_at < ?1 ORDER BY last_at, n LIMIT ?2)";
    run(db, sql, params![before.as_millis(), bound(limit)])?;
    purged.dead_handled += handled;
    purged.dead_waiting += waiting;
    Ok(())
}

#[async_trait]
impl HistoryStore for EmbeddedStore {
    async fn outdated(&self, before: &Cutoffs) -> Result<Purged> {
        let before = *before;
        self.read(move |db| outdated(db, &before)).await
    }

    async fn purge(&self, before: &Cutoffs, limit: u64, guard: Option<&LockGuard>) -> Result<Purged> {
        let (before, guard) = (*before, guard.cloned());
        self.write(move |db| purge(db, &before, limit, guard.as_ref())).await
    }
}

//! Locks with fencing tokens, timed by the wall clock of this machine.

use std::time::Duration;

use checkmate_domain::Timestamp;
use rusqlite::{Connection, params};

use super::row::{Result, millis, one, run, value};
use crate::requests::{LockAttempt, LockGuard};

pub(super) fn lock(db: &Connection, name: &str, owner: &str, ttl: Duration) -> Result<LockAttempt> {
    let now = Timestamp::now();
    let row: Option<(u64, Option<String>, Option<i64>)> =
        one(db, "SELECT token, owner, held_until FROM locks WHERE name = ?1", [name], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let token = match row {
        Some((token, Some(holder), Some(until))) if until > now.as_millis() => {
            if holder != owner {
                return Ok(LockAttempt::Other {
                    owner: holder,
                    for_: Timestamp::from_millis(until).since(now),
                });
            }
            token
        }
        Some((token, ..)) => token + 1,
        None => 1,
    };
    run(
        db,
        "INSERT INTO locks (name, token, owner, held_until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) \
         DO UPDATE SET token = excluded.token, owner = excluded.owner, held_until = excluded.held_until",
        params![name, token, owner, until(now, ttl)],
    )?;
    Ok(LockAttempt::Held(LockGuard { name: name.to_owned(), token }))
}

fn until(now: Timestamp, ttl: Duration) -> i64 {
    now.plus(Duration::from_millis(millis(ttl))).as_millis()
}

/// Whether a lock is held with this very token.
pub(super) fn holds(db: &Connection, guard: &LockGuard, now: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM locks WHERE name = ?1 AND token = ?2 AND owner IS NOT NULL AND held_until > ?3";
    Ok(value::<i64>(db, sql, params![guard.name, guard.token, now.as_millis()])?.is_some())
}

pub(super) fn renew(db: &Connection, guard: &LockGuard, ttl: Duration) -> Result<bool> {
    let now = Timestamp::now();
    let held = holds(db, guard, now)?;
    if held {
        run(db, "UPDATE locks SET held_until = ?2 WHERE name = ?1", params![guard.name, until(now, ttl)])?;
    }
    Ok(held)
}

pub(super) fn unlock(db: &Connection, guard: &LockGuard) -> Result<()> {
    let sql = "UPDATE locks SET owner = NULL, held_until = NULL WHERE name = ?1 AND token = ?2";
    run(db, sql, params![guard.name, guard.token])?;
    Ok(())
}

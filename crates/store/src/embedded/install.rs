//! What belongs to the installation: its key, its queues, its exports.

use checkmate_domain::{KeyId, Timestamp};
use rusqlite::{Connection, params};

use super::error::corrupt;
use super::row::{Result, many, run, value, word};
use crate::requests::KeyCheck;

pub(super) fn check_key(db: &Connection, key: &KeyId) -> Result<KeyCheck> {
    run(db, "INSERT INTO facts VALUES ('key', ?1) ON CONFLICT (name) DO NOTHING", [key.as_str()])?;
    let kept: String = value(db, "SELECT value FROM facts WHERE name = 'key'", [])?
        .ok_or_else(|| corrupt("facts", "key", "just written, not there"))?;
    if kept == key.as_str() {
        return Ok(KeyCheck::Same);
    }
    word(&kept).map(KeyCheck::Other).map_err(|error| corrupt("facts", "key", error))
}

pub(super) fn note_queue_created(db: &Connection, queue: &str) -> Result<()> {
    run(
        db,
        "INSERT INTO queues VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET created_at = excluded.created_at",
        params![queue, Timestamp::now().as_millis()],
    )?;
    Ok(())
}

pub(super) fn queue_created_at(db: &Connection, queue: &str) -> Result<Option<Timestamp>> {
    let at: Option<i64> = value(db, "SELECT created_at FROM queues WHERE name = ?1", [queue])?;
    Ok(at.map(Timestamp::from_millis))
}

pub(super) fn set_export(db: &Connection, name: &str, path: &str) -> Result<()> {
    let sql = "INSERT INTO exports VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET path = excluded.path";
    run(db, sql, [name, path])?;
    Ok(())
}

pub(super) fn exports(db: &Connection) -> Result<Vec<(String, String)>> {
    many(db, "SELECT name, path FROM exports ORDER BY name", [], |row| Ok((row.get(0)?, row.get(1)?)))
}

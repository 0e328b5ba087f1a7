//! Tables of rows that are written on their version only: deliveries, approvals, decisions.

use checkmate_domain::Timestamp;
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;

use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, run, value};

/// Whether a row of this version is the next one.
pub(super) fn is_next(db: &Connection, table: &str, id: &str, version: u64) -> Result<bool> {
    let sql = format!("SELECT version FROM {table} WHERE id = ?1");
    let there: u64 = value(db, &sql, [id])?.unwrap_or(0);
    Ok(there + 1 == version)
}

/// Writes a row of a table whose rows may be due, in place of its version before; false when another version is there.
pub(super) fn put_due(
    db: &Connection,
    table: &str,
    id: &str,
    version: u64,
    due: Option<i64>,
    record: &str,
) -> Result<bool> {
    if !is_next(db, table, id, version)? {
        return Ok(false);
    }
    let sql = format!(
        "INSERT INTO {table} VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE \
         SET version = excluded.version, due = excluded.due, record = excluded.record"
    );
    run(db, &sql, params![id, version, due, record])?;
    Ok(true)
}

impl EmbeddedStore {
    /// The row of an id.
    pub(super) async fn row_of<T>(&self, table: &'static str, id: String) -> Result<Option<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let sql = format!("SELECT id, record FROM {table} WHERE id = ?1");
        let found =
            self.read(move |db| many(db, &sql, [&id], |row| Fields::new(row, table, 0, 1)?.json())).await?;
        Ok(found.into_iter().next())
    }

    /// Rows that are due at this time, the longest due first.
    pub(super) async fn due_rows<T>(&self, table: &'static str, now: Timestamp, limit: u64) -> Result<Vec<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let now = now.as_millis();
        let sql = format!("SELECT id, record FROM {table} WHERE due <= ?1 ORDER BY due, id LIMIT ?2");
        self.read(move |db| many(db, &sql, params![now, limit], |row| Fields::new(row, table, 0, 1)?.json()))
            .await
    }

    /// Rows after an id, in the order of ids.
    pub(super) async fn rows_after<T>(
        &self,
        table: &'static str,
        after: Option<String>,
        limit: u64,
    ) -> Result<Vec<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let sql = format!("SELECT id, record FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2");
        let after = after.unwrap_or_default();
        self.read(move |db| {
            many(db, &sql, params![after, limit], |row| Fields::new(row, table, 0, 1)?.json())
        })
        .await
    }
}

//! Tables of rows that are written on their version only: deliveries, approvals, decisions.

use checkmate_domain::Timestamp;
use rusqlite::{Connection, Params, Row, params};

use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, run, to_json, value};
use crate::versioned::Versioned;

/// The version of a row that is there.
pub(super) fn version_of<T: Versioned>(db: &Connection, id: &str) -> Result<Option<u64>> {
    value(db, &format!("SELECT version FROM {} WHERE id = ?1", T::TABLE), [id])
}

/// A row with its next version; nothing when another one is there than it was read with. Nothing that was answered is lost
/// here, so counted up no version comes twice.
pub(super) fn next<T: Versioned>(db: &Connection, row: T) -> Result<Option<T>> {
    let (version, there) = (row.version(), version_of::<T>(db, row.id())?.unwrap_or(0));
    Ok((there == version).then(|| row.with_version(version + 1)))
}

/// Writes a row of a table whose rows may be due, in place of the version it was read with; the row as it stands now, nothing
/// when another one is there.
pub(super) fn put_due<T: Versioned>(db: &Connection, row: T) -> Result<Option<T>> {
    let Some(row) = next(db, row)? else { return Ok(None) };
    let sql = format!(
        "INSERT INTO {} VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE \
         SET version = excluded.version, due = excluded.due, record = excluded.record",
        T::TABLE
    );
    let due = row.due().map(Timestamp::as_millis);
    run(db, &sql, params![row.id(), row.version(), due, to_json(&row)?])?;
    Ok(Some(row))
}

impl EmbeddedStore {
    /// The row of an id.
    pub(super) async fn row_of<T: Versioned>(&self, id: String) -> Result<Option<T>> {
        let found = self.rows_where("id = ?1", [id]).await?;
        Ok(found.into_iter().next())
    }

    /// Rows that are due at this time, the longest due first.
    pub(super) async fn due_rows<T: Versioned>(&self, now: Timestamp, limit: u64) -> Result<Vec<T>> {
        self.rows_where("due <= ?1 ORDER BY due, id LIMIT ?2", (now.as_millis(), limit)).await
    }

    /// Rows after an id, in the order of ids.
    pub(super) async fn rows_after<T: Versioned>(&self, after: Option<String>, limit: u64) -> Result<Vec<T>> {
        self.rows_where("id > ?1 ORDER BY id LIMIT ?2", (after.unwrap_or_default(), limit)).await
    }

    async fn rows_where<T: Versioned>(
        &self,
        which: &'static str,
        params: impl Params + Send + 'static,
    ) -> Result<Vec<T>> {
        let sql = format!("SELECT id, version, record FROM {} WHERE {which}", T::TABLE);
        self.read(move |db| many(db, &sql, params, read)).await
    }
}

fn read<T: Versioned>(row: &Row<'_>) -> Result<T> {
    let mut fields = Fields::new(row, T::TABLE, 0, 1)?;
    let version = fields.next()?;
    Ok(fields.json::<T>()?.with_version(version))
}

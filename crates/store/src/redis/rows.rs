//! Tables of rows that are written on their version only: deliveries, approvals, decisions.

use checkmate_domain::Timestamp;
use deadpool_redis::redis::Cmd;
use serde_json::Value as Json;

use super::error::corrupt;
use super::records::{json, unsigned};
use super::reply::{self, Items};
use super::script::{DUE_ROWS, PUT_HELD, PUT_ROW, ROWS, Script};
use super::store::{RedisStore, Result};
use crate::versioned::Versioned;

impl RedisStore {
    /// Writes a row in place of the version it was read with; the row as it stands now, nothing when another one is there.
    pub(super) async fn put_row<T: Versioned>(&self, row: T) -> Result<Option<T>> {
        let mut call = self.call(&PUT_ROW);
        add(&mut call, &row)?;
        self.put(&PUT_ROW, &call, row).await
    }

    /// The same, and only while the row that holds it is of this version.
    pub(super) async fn put_held_row<T: Versioned>(
        &self,
        row: T,
        holds: &impl Versioned,
    ) -> Result<Option<T>> {
        let mut call = self.call(&PUT_HELD);
        add(&mut call, &row)?;
        add_holding(&mut call, holds);
        self.put(&PUT_HELD, &call, row).await
    }

    async fn put<T: Versioned>(&self, script: &Script, call: &Cmd, row: T) -> Result<Option<T>> {
        match unsigned(reply::int(self.ask(script, call).await?)?)? {
            0 => Ok(None),
            version => Ok(Some(row.with_version(version))),
        }
    }

    /// The row of an id.
    pub(super) async fn row_of<T: Versioned>(&self, id: &str) -> Result<Option<T>> {
        // The first from there on is another one where it is not there.
        let found: Option<T> = self.rows_from(format!("[{id}"), 1).await?.into_iter().next();
        Ok(found.filter(|row| row.id() == id))
    }

    /// Rows after an id, in the order of ids.
    pub(super) async fn rows_after<T: Versioned>(&self, after: Option<&str>, limit: u64) -> Result<Vec<T>> {
        self.rows_from(after.map_or_else(|| "-".to_owned(), |after| format!("({after}")), limit).await
    }

    /// Rows that are due at this time, the longest due first.
    pub(super) async fn due_rows<T: Versioned>(&self, now: Timestamp, limit: u64) -> Result<Vec<T>> {
        let mut call = self.call(&DUE_ROWS);
        call.arg(T::TABLE).arg(now.as_millis()).arg(limit);
        rows(self.ask_list(&DUE_ROWS, &call).await?)
    }

    async fn rows_from<T: Versioned>(&self, begin: String, limit: u64) -> Result<Vec<T>> {
        let mut call = self.call(&ROWS);
        call.arg(T::TABLE).arg(begin).arg(limit);
        rows(self.ask_list(&ROWS, &call).await?)
    }
}

/// A row as `lua/put_row.lua` takes it.
fn add<T: Versioned>(call: &mut Cmd, row: &T) -> Result<()> {
    let due = row.due().map(|due| due.as_millis().to_string()).unwrap_or_default();
    call.arg(T::TABLE).arg(row.id()).arg(row.version()).arg(due);
    // The script puts its new version in front.
    let mut record = serde_json::to_value(row).map_err(corrupt)?;
    let Json::Object(fields) = &mut record else { return Err(corrupt("a row is no object")) };
    fields.remove("version");
    call.arg(record.to_string());
    Ok(())
}

/// The row that holds another, as `lua/held.lua` takes it.
fn add_holding<T: Versioned>(call: &mut Cmd, holds: &T) {
    call.arg(T::TABLE).arg(holds.id()).arg(holds.version());
}

/// Versions and records in turn.
fn rows<T: Versioned>(mut items: Items) -> Result<Vec<T>> {
    let mut rows = Vec::with_capacity(items.len() / 2);
    while !items.is_empty() {
        let version = unsigned(items.int()?)?;
        let record: T = json(&reply::bytes(items.value()?)?)?;
        rows.push(record.with_version(version));
    }
    Ok(rows)
}

//! Tables of rows that are written on their version only: deliveries, approvals, decisions.

use checkmate_domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::corrupt;
use super::records::json;
use super::reply::{self, Items};
use super::script::{DUE_ROWS, PUT_ROW, ROWS};
use super::store::{RedisStore, Result};

impl RedisStore {
    /// Writes a row in place of its version before; false when another version is there.
    pub(super) async fn put_row<T: Serialize>(
        &self,
        table: &str,
        id: &str,
        version: u64,
        due: Option<Timestamp>,
        row: &T,
    ) -> Result<bool> {
        let mut call = self.call(&PUT_ROW);
        let due = due.map(|due| due.as_millis().to_string()).unwrap_or_default();
        call.arg(table).arg(id).arg(version).arg(due);
        call.arg(serde_json::to_string(row).map_err(corrupt)?);
        Ok(reply::int(self.ask(&PUT_ROW, &call).await?)? == 1)
    }

    /// The row of an id, or the first one behind it.
    pub(super) async fn row_at<T: DeserializeOwned>(&self, table: &str, id: &str) -> Result<Option<T>> {
        Ok(self.rows_from(table, format!("[{id}"), 1).await?.into_iter().next())
    }

    /// Rows after an id, in the order of ids.
    pub(super) async fn rows_after<T: DeserializeOwned>(
        &self,
        table: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<T>> {
        self.rows_from(table, after.map_or_else(|| "-".to_owned(), |after| format!("({after}")), limit).await
    }

    /// Rows that are due at this time, the longest due first.
    pub(super) async fn due_rows<T: DeserializeOwned>(
        &self,
        table: &str,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<T>> {
        let mut call = self.call(&DUE_ROWS);
        call.arg(table).arg(now.as_millis()).arg(limit);
        records(self.ask_list(&DUE_ROWS, &call).await?)
    }

    async fn rows_from<T: DeserializeOwned>(&self, table: &str, begin: String, limit: u64) -> Result<Vec<T>> {
        let mut call = self.call(&ROWS);
        call.arg(table).arg(begin).arg(limit);
        records(self.ask_list(&ROWS, &call).await?)
    }
}

fn records<T: DeserializeOwned>(items: Items) -> Result<Vec<T>> {
    items.each(|value| json(&reply::bytes(value)?))
}

//! Statements and rows: prepared once, read column by column in the order of the statement.

use std::time::Duration;

use checkmate_domain::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::error::corrupt;
use crate::error::StoreError;

pub(super) type Result<T> = std::result::Result<T, StoreError>;

/// Runs a statement; how many rows it changed.
pub(super) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// The first row of an answer.
pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Every row of an answer.
pub(super) fn many<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The only column of the first row.
pub(super) fn value<T: FromSql>(db: &Connection, sql: &str, params: impl Params) -> Result<Option<T>> {
    one(db, sql, params, |row| Ok(row.get(0)?))
}

/// Reads the columns of a row one after the other; an unreadable one is told with its table and key.
pub(super) struct Fields<'a> {
    row: &'a Row<'a>,
    table: &'static str,
    key: String,
    at: usize,
}

impl<'a> Fields<'a> {
    /// Of a table whose key stands in this column, from this column on.
    pub(super) fn new(row: &'a Row<'a>, table: &'static str, key_at: usize, from: usize) -> Result<Self> {
        Ok(Self { row, table, key: row.get(key_at)?, at: from })
    }

    /// The next column as it is.
    pub(super) fn next<T: FromSql>(&mut self) -> Result<T> {
        let at = self.at;
        self.at += 1;
        self.row.get(at).map_err(|error| corrupt(self.table, &self.key, error))
    }

    /// The next column, a text that names a value: an id, a state.
    pub(super) fn word<T: DeserializeOwned>(&mut self) -> Result<T> {
        let text: String = self.next()?;
        word(&text).map_err(|error| corrupt(self.table, &self.key, error))
    }

    /// The next column, a text that names a value, or nothing.
    pub(super) fn maybe_word<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let text: Option<String> = self.next()?;
        let read = text.map(|text| word(&text)).transpose();
        read.map_err(|error| corrupt(self.table, &self.key, error))
    }

    /// The next column, JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let text: String = self.next()?;
        json(self.table, &self.key, &text)
    }

    /// The next column, JSON or nothing.
    pub(super) fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let text: Option<String> = self.next()?;
        text.map(|text| json(self.table, &self.key, &text)).transpose()
    }

    /// The next column, a time.
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        Ok(Timestamp::from_millis(self.next()?))
    }

    /// The next column, a time or nothing.
    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.next::<Option<i64>>()?.map(Timestamp::from_millis))
    }
}

/// A value from the text that names it.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> std::result::Result<T, WordError> {
    let text: StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(text)
}

/// A value from its JSON in a row.
pub(super) fn json<T: DeserializeOwned>(table: &str, key: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| corrupt(table, key, error))
}

/// The JSON of a value. Ours have text keys only, so there is nothing that could not be written.
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Unavailable(format!("a record could not be written: {error}")))
}

/// Whole milliseconds, as large as a column can hold.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(i64::MAX as u64)
}

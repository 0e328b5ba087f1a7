//! What SQLite says, by what the caller can do.

use std::fmt::Display;
use std::path::PathBuf;

use checkmate_sqlite::DbError;

use crate::error::StoreError;

/// Why the embedded store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file: owned by another process, not writable, or no database.
    #[error(transparent)]
    File(#[from] checkmate_sqlite::OpenError),
    /// A newer release made it.
    #[error(
        "{path} was written by a newer release of checkmate (schema {found}; this release reads up to {known}): start that \
         release again, or name another file"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema this release reads.
        known: u32,
    },
    /// The file was opened, but what must stand in it could not be read or written.
    #[error(
        "cannot use {path} as the store: check the space on its disk; if it is not a store, name another file"
    )]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: StoreError,
    },
}

/// A row that cannot be understood.
pub(super) fn corrupt(table: &str, key: &str, why: impl Display) -> StoreError {
    StoreError::Corrupt(format!("table {table}, row '{key}': {why}"))
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Corrupt(format!(
                "the database file is damaged ({error}): stop checkmate and bring the file back from a copy"
            )),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Sqlite(error) => error.into(),
            DbError::Commit(_) | DbError::Panicked | DbError::Closed => Self::Unavailable(error.to_string()),
        }
    }
}

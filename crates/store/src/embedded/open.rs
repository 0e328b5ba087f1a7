//! Opening the file: who made it, and the tables in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_sqlite::Db;
use rusqlite::Connection;

use super::error::{OpenError, corrupt};
use super::row::{Result, run, value};
use crate::error::StoreError;

/// The newest schema this release reads, and the one it writes.
const SCHEMA: u32 = 1;

/// Stands alone, so that a file of a newer release is recognised before anything is done to it.
const ABOUT: &str = "CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY CHECK (one = 1), schema INTEGER NOT NULL) STRICT;";

/// See the module.
pub struct EmbeddedStore {
    pub(super) db: Db,
    pub(super) epoch: Arc<str>,
}

enum Opened {
    Ready(String),
    Newer(u32),
}

impl EmbeddedStore {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// See [`OpenError`]: most often another process owns it.
    pub async fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let content = |source| OpenError::Content { path: path.to_owned(), source };
        let file = path.to_owned();
        let db = tokio::task::spawn_blocking(move || Db::open(&file, ABOUT))
            .await
            .map_err(|error| content(StoreError::Unavailable(error.to_string())))??;
        let opened = db.write(prepare).await;
        let newer = match opened {
            Ok(Opened::Ready(epoch)) => return Ok(Self { db, epoch: epoch.into() }),
            Ok(Opened::Newer(found)) => OpenError::Newer { path: path.to_owned(), found, known: SCHEMA },
            Err(source) => content(source),
        };
        db.close().await;
        Err(newer)
    }

    /// Frees every fence and lock, and forgets who was there. What somebody dead asked of a vendor in its turn may still go on
    /// there for as long as an answer would have been waited for, `settle`: turns are held until then. For the start of a process that holds none yet: it owns the file, so whoever held one is
    /// gone, and nobody need wait for its time.
    ///
    /// # Errors
    /// Those of the file.
    pub async fn free_what_the_dead_held(&self, settle: Duration) -> Result<()> {
        let settled = Timestamp::now().plus(settle).as_millis();
        self.write(move |db| {
            run(db, "UPDATE jobs SET held_until = 0 WHERE is_open = 1 AND holder IS NOT NULL", [])?;
            run(db, "DELETE FROM processes", [])?;
            let free = "UPDATE locks SET owner = NULL, held_until = NULL \
                        WHERE owner IS NOT NULL AND name NOT LIKE 'turn:%'";
            run(db, free, [])?;
            let turns = "UPDATE locks SET held_until = min(held_until, ?1) WHERE name LIKE 'turn:%'";
            run(db, turns, [settled])?;
            Ok(())
        })
        .await
    }

    /// Runs a call in a transaction of its own.
    pub(super) async fn write<R: Send + 'static>(
        &self,
        call: impl FnOnce(&Connection) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.db.write(call).await
    }

    /// Runs a call on what was committed at one moment.
    pub(super) async fn read<R: Send + 'static>(
        &self,
        call: impl FnOnce(&Connection) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.db
            .read(move |db| {
                let moment = db.unchecked_transaction()?;
                call(&moment)
            })
            .await
    }
}

/// Makes the tables of a new file; looks who made an old one.
fn prepare(db: &Connection) -> Result<Opened> {
    match value::<u32>(db, "SELECT schema FROM about", [])? {
        Some(found) if found > SCHEMA => return Ok(Opened::Newer(found)),
        Some(SCHEMA) => {}
        Some(found) => return Err(corrupt("about", "1", format!("schema {found} never was"))),
        None => create(db)?,
    }
    for (table, name, kind) in [
        ("jobs", "begun_at", "INTEGER"),
        ("jobs", "waits_for", "TEXT"),
        ("scans", "checks", "INTEGER NOT NULL DEFAULT 0"),
        ("scans", "unanswered", "INTEGER NOT NULL DEFAULT 0"),
    ] {
        let there = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
        if value::<i64>(db, there, [table, name])?.is_none() {
            run(db, &format!("ALTER TABLE {table} ADD COLUMN {name} {kind}"), [])?;
        }
    }
    db.execute_batch(include_str!("pressure.sql"))?;
    db.execute_batch(include_str!("history.sql"))?;
    db.execute_batch(include_str!("audit.sql"))?;
    db.execute_batch(super::approvals::TABLES)?;
    db.execute_batch(super::decisions::TABLES)?;
    db.execute_batch(super::ledger::TABLES)?;
    db.execute_batch(super::schedules::TABLES)?;
    let epoch = value(db, "SELECT value FROM facts WHERE name = 'epoch'", [])?;
    epoch.map(Opened::Ready).ok_or_else(|| corrupt("facts", "epoch", "it is missing"))
}

fn create(db: &Connection) -> Result<()> {
    db.execute_batch(include_str!("schema.sql"))?;
    run(db, "INSERT INTO about VALUES (1, ?1)", [SCHEMA])?;
    let epoch = hex::encode(rand::random::<[u8; 16]>());
    run(db, "INSERT INTO facts VALUES ('epoch', ?1)", [epoch])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    async fn fresh(folder: &tempfile::TempDir) -> EmbeddedStore {
        EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap()
    }

    /// What `durability` says must be what SQLite does.
    #[tokio::test]
    async fn every_commit_is_synced() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(&folder).await;
        let full = store.write(|db| value::<i64>(db, "PRAGMA synchronous", [])).await.unwrap();
        assert_eq!((full, store.durability().await.unwrap().always), (Some(2), true));
    }

    #[tokio::test]
    async fn a_full_disk_is_an_outage_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(&folder).await;
        let limit = |pages: u32| {
            move |db: &Connection| value::<i64>(db, &format!("PRAGMA max_page_count = {pages}"), [])
        };
        store.write(limit(1)).await.unwrap();
        let path = "x".repeat(1 << 20);
        let refused = store.set_export("a", &path).await.unwrap_err();
        assert_eq!(refused, StoreError::Unavailable("database or disk is full".to_owned()));
        assert_eq!(store.exports().await.unwrap(), []);
        store.write(limit(1_000_000)).await.unwrap();
        store.set_export("a", &path).await.unwrap();
        assert_eq!(store.exports().await.unwrap(), [("a".to_owned(), path)]);
    }

    #[tokio::test]
    async fn a_closed_store_is_an_outage() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(&folder).await;
        store.close().await;
        assert!(matches!(store.targets().await, Err(StoreError::Unavailable(_))));
    }
}

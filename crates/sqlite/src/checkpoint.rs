//! Moves what is in the write-ahead log into the database, on a thread of its own. SQLite would do it inside the commit that
//! makes the log long, and whoever waits for that commit would wait for the whole copy and two more disk syncs.

use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// How long the log becomes, in pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    /// By which it grows between two copies.
    pub(crate) step: i32,
    /// From which the writer copies too. A log that is written to without a pause is never copied to its end by another
    /// thread, and only then does it begin anew.
    pub(crate) most: i32,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { step: 1_000, most: 16_000 }
    }
}

/// Has `begin` called when the log of this connection has grown enough. Nothing but [`copy`] empties it from now on.
///
/// # Errors
/// SQLite's.
pub(crate) fn watch(
    writer: &mut Connection,
    lengths: Lengths,
    mut begin: impl FnMut() + Send + 'static,
) -> rusqlite::Result<()> {
    let mut copied_at = 0;
    writer.wal_hook(Some(move |log: &mut Wal, pages: i32| {
        if pages < copied_at {
            copied_at = 0;
        }
        if pages >= copied_at.saturating_add(lengths.step) {
            copied_at = pages;
            begin();
        }
        if pages >= lengths.most {
            // Refused while the other thread copies; the next commit asks again.
            let _ = log.checkpoint();
        }
        Ok(())
    }))
}

/// Copies what can be copied without making anybody wait. What fails here (a full disk) stays in the log and is told by the
/// writes that fail.
pub(crate) fn copy(connection: &Connection) {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = copied {
        tracing::debug!(%error, "the write-ahead log was not copied; tried again as it grows");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn open(path: &std::path::Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF").unwrap();
        connection
    }

    fn fill(connection: &Connection, pages: u32) {
        for _ in 0..pages {
            connection.execute("INSERT INTO t VALUES (zeroblob(3900))", []).unwrap();
        }
    }

    const SHORT: Lengths = Lengths { step: 50, most: 400 };
    const PAGE: u64 = 4_096;

    fn log(folder: &tempfile::TempDir) -> u64 {
        std::fs::metadata(folder.path().join("a.db-wal")).unwrap().len()
    }

    #[test]
    fn asked_for_as_it_grows_and_bounded_when_nobody_copies() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = open(&folder.path().join("a.db"));
        writer.execute_batch("CREATE TABLE t (b BLOB)").unwrap();
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        watch(&mut writer, SHORT, move || {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        fill(&writer, 10);
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        fill(&writer, 100);
        assert!(asked.load(Ordering::Relaxed) >= 2);
        fill(&writer, 1_000);
        assert!(log(&folder) < 500 * PAGE, "{} bytes", log(&folder));
    }

    #[test]
    fn a_copied_log_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = open(&path);
        writer.execute_batch("CREATE TABLE t (b BLOB)").unwrap();
        let (asked, waiting) = std::sync::mpsc::channel();
        watch(&mut writer, SHORT, move || {
            let _ = asked.send(());
        })
        .unwrap();
        let beside = open(&path);
        for _ in 0..1_000 {
            fill(&writer, 1);
            if waiting.try_recv().is_ok() {
                copy(&beside);
            }
        }
        assert!(log(&folder) < 100 * PAGE, "{} bytes", log(&folder));
    }
}

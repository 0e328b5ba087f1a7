//! The writer thread, the reader thread, the thread that keeps the log short, and the handle to all.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint;
use crate::lock::{OpenError, own};

/// Writes gathered into one transaction at most.
const GROUP: usize = 256;
/// Calls that may wait for a thread before callers wait too.
const WAITING: usize = 1024;
/// Prepared statements kept by a connection.
const STATEMENTS: usize = 128;
/// How long a connection waits for the other one.
const BUSY: Duration = Duration::from_secs(5);

/// Why a call had no effect.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite refused a statement, or the group could not be committed (disk full, I/O error).
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The group this call was in could not be committed.
    #[error("nothing was written: {0}")]
    Commit(String),
    /// The call panicked; its effects were rolled back.
    #[error("a database call failed inside; its effects were rolled back")]
    Panicked,
    /// The database is closed.
    #[error("the database is closed")]
    Closed,
}

/// Tells the caller how the group ended.
type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Runs against the connection; the reply is called after the commit.
type Task = Box<dyn FnOnce(&Connection) -> Reply + Send>;

/// A handle to one database file. Closed by [`Db::close`] or by dropping the last handle to it.
pub struct Db {
    writer: Mutex<Option<Worker>>,
    reader: Mutex<Option<Worker>>,
    copier: Mutex<Option<Worker>>,
}

struct Worker {
    tasks: mpsc::Sender<Task>,
    thread: JoinHandle<()>,
}

impl Db {
    /// Opens or makes the file, takes ownership, and runs `schema` (idempotent statements).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, schema: &str) -> Result<Self, OpenError> {
        let owned = Arc::new(own(path)?);
        let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
        let made = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut writer = connect(path, made).map_err(sqlite)?;
        writer
            .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
            .and_then(|()| writer.execute_batch(schema))
            .map_err(sqlite)?;
        let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sqlite)?;
        let beside = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sqlite)?;
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let copier = start("db-copier", beside, read_each, Arc::clone(&owned)).map_err(io)?;
        keep_short(&mut writer, copier.tasks.clone()).map_err(sqlite)?;
        let worker = |worker| Mutex::new(Some(worker));
        Ok(Self {
            writer: worker(start("db-writer", writer, write_groups, Arc::clone(&owned)).map_err(io)?),
            reader: worker(start("db-reader", reader, read_each, owned).map_err(io)?),
            copier: worker(copier),
        })
    }

    /// Runs `call` in a transaction shared with other callers; an `Err` rolls back this call alone. Answers after the
    /// disk sync.
    ///
    /// # Errors
    /// Those of `call`, or the group's.
    pub async fn write<R, E>(
        &self,
        call: impl FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.write_then(call, |result| result).await.unwrap_or_else(|error| Err(error.into()))
    }

    /// As [`Db::write`], and `then` learns how it went right after the commit: on the writer thread, in the order of the
    /// commits, and even when the caller has gone away by then. Keep it short: all writers wait for it.
    ///
    /// # Errors
    /// When the database is closed and neither ran, or `then` panicked.
    pub async fn write_then<R, E, T>(
        &self,
        call: impl FnOnce(&Connection) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(Result<R, E>) -> T + Send + 'static,
    ) -> Result<T, DbError>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.run(&self.writer, move |connection| in_savepoint(connection, call), then).await
    }

    /// Runs `call` on a read-only connection that sees everything answered before.
    ///
    /// # Errors
    /// Those of `call`.
    pub async fn read<R, E>(
        &self,
        call: impl FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let read = move |connection: &Connection| guarded(|| call(connection));
        self.run(&self.reader, read, |result| result).await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Finishes what is waiting, then closes. Later calls get [`DbError::Closed`].
    pub async fn close(&self) {
        for slot in [&self.writer, &self.reader, &self.copier] {
            let worker = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            if let Some(Worker { tasks, thread }) = worker {
                drop(tasks);
                let _ = tokio::task::spawn_blocking(move || thread.join()).await;
            }
        }
    }

    async fn run<R, E, T>(
        &self,
        slot: &Mutex<Option<Worker>>,
        call: impl FnOnce(&Connection) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(Result<R, E>) -> T + Send + 'static,
    ) -> Result<T, DbError>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        T: Send + 'static,
    {
        let tasks = {
            let worker = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            worker.as_ref().map(|worker| worker.tasks.clone())
        };
        let tasks = tasks.ok_or(DbError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let task: Task = Box::new(move |connection| {
            let result = call(connection);
            Box::new(move |group: Result<(), String>| {
                let result = match (result, group) {
                    (Ok(_), Err(why)) => Err(E::from(DbError::Commit(why))),
                    (result, _) => result,
                };
                let outcome = catch_unwind(AssertUnwindSafe(|| then(result)));
                let _ = answer.send(outcome.map_err(|_| DbError::Panicked));
            })
        });
        tasks.send(task).await.map_err(|_| DbError::Closed)?;
        drop(tasks);
        answered.await.unwrap_or(Err(DbError::Closed))
    }
}

/// Has the log copied on another thread as it grows; one copy at a time.
fn keep_short(writer: &mut Connection, copier: mpsc::Sender<Task>) -> rusqlite::Result<()> {
    let waiting = Arc::new(AtomicBool::new(false));
    checkpoint::watch(writer, checkpoint::Lengths::default(), move || {
        if waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let taken = Arc::clone(&waiting);
        let copy: Task = Box::new(move |connection| {
            taken.store(false, Ordering::Release);
            checkpoint::copy(connection);
            Box::new(|_| ())
        });
        let _ = copier.try_send(copy);
    })
}

/// A connection for one thread.
fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Otherwise a statement over a partial index is planned anew with every value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn start(
    name: &str,
    connection: Connection,
    work: fn(&Connection, &mut mpsc::Receiver<Task>),
    owned: Arc<File>,
) -> std::io::Result<Worker> {
    let (tasks, mut waiting) = mpsc::channel(WAITING);
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        work(&connection, &mut waiting);
        drop(connection);
        // Only now may another process have the file, also when the handle was dropped while writes were waiting.
        drop(owned);
    })?;
    Ok(Worker { tasks, thread })
}

fn read_each(connection: &Connection, waiting: &mut mpsc::Receiver<Task>) {
    while let Some(task) = waiting.blocking_recv() {
        task(connection)(Ok(()));
    }
}

fn write_groups(connection: &Connection, waiting: &mut mpsc::Receiver<Task>) {
    let mut replies: Vec<Reply> = Vec::with_capacity(GROUP);
    let mut trouble = Trouble::default();
    while let Some(first) = waiting.blocking_recv() {
        let mut outcome = connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| error.to_string());
        replies.push(first(connection));
        while replies.len() < GROUP {
            let Ok(next) = waiting.try_recv() else { break };
            replies.push(next(connection));
        }
        if outcome.is_ok() {
            outcome = connection.execute_batch("COMMIT").map_err(|error| error.to_string());
        }
        if outcome.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        trouble.tell(connection, &outcome);
        for reply in replies.drain(..) {
            reply(outcome.clone());
        }
    }
}

/// Whether writes fail, so that a full disk is one line when it begins and one when it is over.
#[derive(Default)]
struct Trouble(Option<String>);

impl Trouble {
    fn tell(&mut self, connection: &Connection, outcome: &Result<(), String>) {
        let file = connection.path().unwrap_or("the database");
        match outcome {
            Err(error) if self.0.as_ref() != Some(error) => {
                tracing::error!(
                    file,
                    error,
                    "nothing can be written: make room on its disk, or see why it cannot be written to. What was acknowledged \
                     is kept, the rest is tried again until it works"
                );
                self.0 = Some(error.clone());
            }
            Ok(()) if self.0.take().is_some() => tracing::warn!(file, "written to again"),
            _ => {}
        }
    }
}

fn in_savepoint<R, E: From<DbError>>(
    connection: &Connection,
    call: impl FnOnce(&Connection) -> Result<R, E>,
) -> Result<R, E> {
    // SQLite ends the whole transaction by itself on some errors (disk full). A savepoint would then commit on its own what
    // the group is about to be told is lost.
    if connection.is_autocommit() {
        return Err(DbError::Commit("the transaction of this group is gone".to_owned()).into());
    }
    let run = |sql: &str| {
        connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map_err(DbError::from)
    };
    run("SAVEPOINT call")?;
    let result = guarded(|| call(connection));
    if result.is_err() {
        // Where SQLite ended the transaction there is nothing to roll back to, and the call's own error says why.
        if connection.is_autocommit() {
            return result;
        }
        run("ROLLBACK TO call")?;
    }
    run("RELEASE call")?;
    result
}

fn guarded<R, E: From<DbError>>(call: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY) STRICT;";

    async fn insert(db: &Db, n: i64) -> Result<(), DbError> {
        db.write(move |c| Ok(c.execute("INSERT INTO t VALUES (?1)", [n]).map(|_| ())?)).await
    }

    async fn count(db: &Db) -> i64 {
        db.read(|c| Ok::<_, DbError>(c.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn one_failing_call_does_not_take_its_group_along() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("a.db"), SCHEMA).unwrap();
        let (a, b, c) = tokio::join!(insert(&db, 1), insert(&db, 1), insert(&db, 2));
        assert!(a.is_ok() && c.is_ok() && matches!(b, Err(DbError::Sqlite(_))));
        let panicked: Result<(), DbError> = db.write(|_| panic!("inside")).await;
        assert!(matches!(panicked, Err(DbError::Panicked)));
        assert_eq!(count(&db).await, 2);
    }

    #[tokio::test]
    async fn one_owner_and_everything_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/a.db");
        let db = Db::open(&path, SCHEMA).unwrap();
        assert!(matches!(Db::open(&path, SCHEMA), Err(OpenError::InUse(_))));
        insert(&db, 7).await.unwrap();
        db.close().await;
        assert!(matches!(insert(&db, 8).await, Err(DbError::Closed)));
        drop(db);
        assert_eq!(count(&Db::open(&path, SCHEMA).unwrap()).await, 1);
    }

    #[tokio::test]
    async fn what_follows_a_commit_runs_in_order_and_without_the_caller() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("a.db"), SCHEMA).unwrap();
        let (told, mut order) = mpsc::unbounded_channel();
        for n in 0..100 {
            let told = told.clone();
            let insert = move |c: &Connection| Ok::<_, DbError>(c.execute("INSERT INTO t VALUES (?1)", [n])?);
            let caller = db.write_then(insert, move |result| told.send((n, result.is_ok())));
            let _ = tokio::time::timeout(std::time::Duration::ZERO, caller).await;
        }
        for n in 0..100 {
            assert_eq!(order.recv().await, Some((n, true)));
        }
        let fails: Result<(), _> = db.write_then(|_| Ok::<_, DbError>(()), |_| panic!("after")).await;
        assert!(matches!(fails, Err(DbError::Panicked)));
        assert_eq!(count(&db).await, 100, "and the writer lives on");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_to_everybody_in_the_group() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("a.db"), SCHEMA).unwrap();
        db.write(|c| Ok::<_, DbError>(c.execute_batch("PRAGMA max_page_count=3")?)).await.unwrap();
        let mut failed = false;
        for n in 0..5_000 {
            failed |= insert(&db, n).await.is_err();
        }
        assert!(failed, "three pages do not hold 5,000 rows");
        let before = count(&db).await;
        assert!(insert(&db, before + 10_000).await.is_err());
    }
}

//! The file itself: who may open it, what of it can be unreadable, and what survives.

use std::path::{Path, PathBuf};
use std::time::Duration;

use checkmate_domain::{Lane, ScanId, Trigger, TriggerKind, WorkerId};
use checkmate_store::embedded::{EmbeddedStore, OpenError};
use checkmate_store::{
    Begin, BeginRequest, Created, JobRecord, Limits, LockAttempt, NewScan, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    async fn open(&self) -> EmbeddedStore {
        EmbeddedStore::open(&self.file()).await.unwrap()
    }

    /// Does something to a store that is closed.
    async fn behind_its_back(&self, store: EmbeddedStore, sql: &str) {
        store.close().await;
        drop(store);
        Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }
}

async fn scan(store: &EmbeddedStore, id: &str) -> JobRecord {
    let new = NewScan {
        id: ScanId::new(id).unwrap(),
        scope: "export:acme".parse().unwrap(),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "test".to_owned() },
        window: 2,
        time_limit: Duration::from_secs(1),
        expires_after: Duration::from_secs(60),
    };
    match store.create_scan(&new).await.unwrap() {
        Created::New(_, job) => *job,
        Created::Exists(_) => panic!("{id} is there already"),
    }
}

#[tokio::test]
async fn a_file_of_a_newer_release_is_refused_untouched() {
    let place = Place::new();
    let newer = "UPDATE about SET schema = 2; DROP TABLE jobs;";
    place.behind_its_back(place.open().await, newer).await;
    let refused = EmbeddedStore::open(&place.file()).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 2, known: 1, .. }));
    let told = refused.to_string();
    assert!(
        told.contains("store.db") && told.contains("newer release") && told.contains("schema 2"),
        "{told}"
    );
    let jobs = Connection::open(place.file()).unwrap().prepare("SELECT * FROM jobs").map(|_| ());
    assert!(jobs.is_err(), "nothing was made in it");
}

#[tokio::test]
async fn one_process_owns_the_file() {
    let place = Place::new();
    let _store = place.open().await;
    let refused = EmbeddedStore::open(&place.file()).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("another running checkmate process"), "{refused}");
}

#[tokio::test]
async fn what_is_no_database_is_told_as_such() {
    let place = Place::new();
    std::fs::write(place.file(), "not a database, and long enough to be looked at as one").unwrap();
    let refused = EmbeddedStore::open(&place.file()).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("store.db"), "{refused}");
}

#[tokio::test]
async fn an_unreadable_row_is_named() {
    for (damage, told) in [
        ("UPDATE jobs SET state = 'sleeping'", "table jobs"),
        ("UPDATE jobs SET end_reason = '{'", "table jobs"),
        ("UPDATE jobs SET attempt = -1", "table jobs"),
        ("UPDATE scans SET scope = 'moon:acme'", "table scans, row 's'"),
        ("UPDATE scans SET ended = '[]'", "table scans, row 's'"),
    ] {
        let place = Place::new();
        let store = place.open().await;
        let job = scan(&store, "s").await;
        place.behind_its_back(store, damage).await;
        let store = place.open().await;
        match store.job(&job.id).await {
            Err(StoreError::Corrupt(why)) => assert!(why.contains(told), "{damage}: {why}"),
            other => panic!("{damage}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_position_of_another_log_is_refused() {
    let place = Place::new();
    let store = place.open().await;
    let refused = store.transitions(Some("1526919030474-55"), 10).await.unwrap_err();
    assert!(refused.to_string().contains("1526919030474-55"), "{refused}");
}

#[tokio::test]
async fn nobody_rewrites_the_log() {
    let place = Place::new();
    let entry = "INSERT INTO transitions (record) VALUES ('{}')";
    place.behind_its_back(place.open().await, entry).await;
    let file = Connection::open(place.file()).unwrap();
    for sql in ["UPDATE transitions SET record = ''", "DELETE FROM transitions"] {
        let refused = file.execute(sql, []).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn the_epoch_is_the_files() {
    let (one, other) = (Place::new(), Place::new());
    let store = one.open().await;
    let epoch = store.epoch().await.unwrap();
    store.close().await;
    drop(store);
    assert_eq!(one.open().await.epoch().await.unwrap(), epoch);
    assert_ne!(other.open().await.epoch().await.unwrap(), epoch);
}

/// As after a kill: the files as they are on disk while the store is open and writing.
#[tokio::test]
async fn what_was_answered_is_on_disk() {
    let (place, copy) = (Place::new(), Place::new());
    let store = place.open().await;
    let mut made = Vec::new();
    for n in 0..20 {
        made.push(scan(&store, &format!("s{n}")).await);
    }
    let on_disk = |name: &str| -> (PathBuf, PathBuf) {
        let both = |folder: &Path| folder.join(name);
        (both(place.0.path()), both(copy.0.path()))
    };
    for name in ["store.db", "store.db-wal"] {
        let (from, to) = on_disk(name);
        std::fs::copy(from, to).unwrap();
    }
    let found = copy.open().await;
    for job in made {
        assert_eq!(found.job(&job.id).await.unwrap(), Some(job));
    }
}

#[tokio::test]
async fn what_a_dead_process_held_can_be_freed() {
    let place = Place::new();
    let store = place.open().await;
    let job = scan(&store, "a").await;
    let begin = BeginRequest {
        job: job.id.clone(),
        holder: WorkerId::new("one").unwrap(),
        ttl: Duration::from_secs(600),
        alone: true,
        max_failures: 5,
        max_crashes: 1,
        max_crashes_alone: 3,
        limits: Limits::default(),
    };
    let Begin::Started(first) = store.begin_attempt(&begin).await.unwrap() else { panic!("not begun") };
    let lock =
        async |store: &EmbeddedStore, owner| store.lock("keeper", owner, Duration::from_secs(600)).await;
    let LockAttempt::Held(old) = lock(&store, "one").await.unwrap() else { panic!("not held") };
    let turn = async |store: &EmbeddedStore, owner| {
        store.lock("turn:github:auth0|a", owner, Duration::from_secs(600)).await.unwrap()
    };
    assert!(matches!(turn(&store, "one").await, LockAttempt::Held(_)));
    store.close().await;

    let store = place.open().await;
    store.free_what_the_dead_held(Duration::from_millis(300)).await.unwrap();
    let begin = BeginRequest { holder: WorkerId::new("two").unwrap(), ..begin };
    let Begin::Started(second) = store.begin_attempt(&begin).await.unwrap() else {
        panic!("it waits for the dead")
    };
    assert!(second.fence.token > first.fence.token, "{second:?}");
    let LockAttempt::Held(new) = lock(&store, "two").await.unwrap() else { panic!("it waits for the dead") };
    assert!(new.token > old.token);
    assert!(!matches!(turn(&store, "two").await, LockAttempt::Held(_)), "what was asked may still go on");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(matches!(turn(&store, "two").await, LockAttempt::Held(_)), "now it is over");
    assert!(!store.renew_lock(&old, Duration::from_secs(1)).await.unwrap());
}

//! The auditor: links the segments of the audit trail by signed checkpoints, outside of the store. One at a time does it,
//! behind a leader lock.
//!
//! The file is the proof; the store has a copy, so that a leader on another machine continues the same chain and brings its
//! own file up to date.

mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::WorkerId;
use checkmate_domain::audit::Checkpoint;
use checkmate_service::Stop;
use checkmate_store::{LockAttempt, Store, StoreError};
use tokio::sync::Mutex;

pub use file::{FILE, FileError, read, read_named};

/// The lock that makes one process the leader.
pub const LOCK: &str = "audit";
/// Segments removed in one look.
const AT_ONCE: u64 = 100;
/// Checkpoints read in one call.
const PAGE: u64 = 500;

/// Signs the hash of a checkpoint; answers in hex.
pub type Sign = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Whether a signature over the hash of a checkpoint is good.
pub type Signed = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// What the auditor needs to know.
#[derive(Clone)]
pub struct AuditorConfig {
    /// This process start, for the lock.
    pub owner: String,
    /// The folder of the file.
    pub folder: PathBuf,
    /// Between two looks.
    pub every: Duration,
    /// How long the trail is kept.
    pub keep: Duration,
    /// Signs.
    pub sign: Sign,
    /// Tells whether one of the keys of this installation has signed.
    pub signed: Signed,
}

/// Links segments.
pub struct Auditor {
    store: Arc<dyn Store>,
    config: AuditorConfig,
    known: Mutex<Known>,
}

/// Why a look was cut short; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum AuditorError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store has fewer checkpoints than the file.
    #[error(
        "the store has {kept} checkpoints of the audit trail and {} has {written}: the store was set back; restore it, and keep the file", file.display()
    )]
    SetBack {
        /// In the store.
        kept: u64,
        /// In the file.
        written: u64,
        /// Which file.
        file: PathBuf,
    },
    /// The store holds a checkpoint that nobody here has signed. The file is left as it is.
    #[error(
        "checkpoint {0} in the store is not signed by a key of this installation, or does not follow the one before it: somebody \
         wrote into the store; find out who, and remove it"
    )]
    Forged(u64),
}

impl Auditor {
    /// An auditor over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, config: AuditorConfig) -> Self {
        Self { store, config, known: Mutex::default() }
    }

    /// Looks until told to stop, and once more then.
    pub async fn run(&self, stop: &Stop) {
        let mut told = None;
        loop {
            let last = !stop.sleep(self.config.every).await;
            match self.look().await {
                Ok(_) => told = None,
                Err(error) => {
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "no checkpoint of the audit trail; tried again");
                        told = Some(why);
                    }
                }
            }
            if last {
                return;
            }
        }
    }

    /// Writes a checkpoint when something happened; its number.
    ///
    /// # Errors
    /// When store or file cannot be used; what was written stands.
    pub async fn look(&self) -> Result<Option<u64>, AuditorError> {
        let ttl = self.config.every.max(Duration::from_secs(10)) * 2;
        let LockAttempt::Held(guard) = self.store.lock(LOCK, &self.config.owner, ttl).await? else {
            return Ok(None);
        };
        let looked = self.lead().await;
        let _ = self.store.unlock(&guard).await;
        looked
    }

    async fn lead(&self) -> Result<Option<u64>, AuditorError> {
        let mut known = self.known.lock().await;
        let path = self.config.folder.join(FILE);
        let written = file::last(path.clone()).await?;
        self.catch_up(&mut known, written, &path).await?;
        let kept = known.last.as_ref().map_or(0, |last| last.number);
        if written > kept {
            return Err(AuditorError::SetBack { kept, written, file: path });
        }
        let Some(next) = self.next(&known).await? else {
            // When there is nothing new to be seen, so that nothing goes unseen.
            let before = self.store.now().await?.minus(self.config.keep);
            let removed = self.store.purge_audit(before, AT_ONCE).await?;
            if removed > 0 {
                tracing::info!(removed, "segments of the audit trail were kept for long enough");
            }
            return Ok(None);
        };
        let number = next.number;
        // First the copy: a leader that dies here leaves a file that is behind, which the next one mends.
        if !self.store.keep_checkpoint(&next).await? {
            return Ok(None);
        }
        known.add(&next);
        file::append(path, vec![next]).await?;
        Ok(Some(number))
    }

    /// Reads the checkpoints that others wrote, and brings the file up to date.
    async fn catch_up(&self, known: &mut Known, written: u64, path: &Path) -> Result<(), AuditorError> {
        let kept = self.store.last_checkpoint().await?;
        if known.last.as_ref().is_some_and(|last| last.number > kept) {
            *known = Known::default();
        }
        // A file of another machine may be further behind than what is known here.
        let mut after = known.last.as_ref().map_or(0, |last| last.number).min(written);
        let mut before = known.last.clone().filter(|last| last.number == after);
        loop {
            let page = self.store.checkpoints(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            // Whoever can write into the store writes nothing into the proof.
            for one in &page {
                let follows = before.as_ref().is_none_or(|before| one.follows(Some(before)));
                if !follows || !(self.config.signed)(&one.hash(), &one.signature) {
                    return Err(AuditorError::Forged(one.number));
                }
                known.add(one);
                before = Some(one.clone());
            }
            let missing = page.into_iter().filter(|one| one.number > written).collect();
            file::append(path.to_owned(), missing).await?;
        }
    }

    /// The next checkpoint; none when no segment moved.
    async fn next(&self, known: &Known) -> Result<Option<Checkpoint>, StoreError> {
        let mut heads = self.store.audit_heads().await?;
        heads.retain(|head| known.seen.get(&head.segment).is_none_or(|seq| head.seq > *seq));
        if heads.is_empty() {
            return Ok(None);
        }
        let (at, epoch) = (self.store.now().await?, self.store.epoch().await?);
        let mut next = Checkpoint::after(known.last.as_ref(), at, epoch, heads);
        next.signature = (self.config.sign)(&next.hash());
        Ok(Some(next))
    }
}

/// What the checkpoints so far say; kept from look to look.
#[derive(Default)]
struct Known {
    last: Option<Checkpoint>,
    /// How far each segment was seen.
    seen: BTreeMap<WorkerId, u64>,
}

impl Known {
    fn add(&mut self, checkpoint: &Checkpoint) {
        for head in &checkpoint.heads {
            let seen = self.seen.entry(head.segment.clone()).or_insert(head.seq);
            *seen = head.seq.max(*seen);
        }
        if self.last.as_ref().is_none_or(|last| checkpoint.number > last.number) {
            self.last = Some(checkpoint.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkmate_domain::Timestamp;
    use checkmate_domain::audit::{AuditEvent, AuditRecord, Trail, verify};
    use checkmate_store::embedded::EmbeddedStore;

    struct Site {
        folder: tempfile::TempDir,
        store: Arc<dyn Store>,
    }

    impl Site {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap());
            Self { folder, store }
        }

        fn auditor(&self, machine: &str) -> Auditor {
            let config = AuditorConfig {
                owner: machine.to_owned(),
                folder: self.folder.path().join(machine),
                every: Duration::from_secs(1),
                keep: Duration::from_hours(24),
                sign: Arc::new(|hash| format!("signed {hash}")),
                signed: Arc::new(|hash, signature| signature == format!("signed {hash}")),
            };
            Auditor::new(self.store.clone(), config)
        }

        async fn write(&self, segment: &str) {
            let segment = WorkerId::new(segment).unwrap();
            let before = self.store.audit_records(&segment, 0, 1_000).await.unwrap();
            let event = AuditEvent::Opened { role: "worker".into(), version: before.len().to_string() };
            let record = AuditRecord::after(before.last(), &segment, Timestamp::now(), event);
            self.store.append_audit(&[record]).await.unwrap();
        }

        async fn whole(&self, machine: &str) -> (bool, u64) {
            let mut trail = Trail {
                checkpoints: read(&self.folder.path().join(machine).join(FILE)).unwrap(),
                ..Trail::default()
            };
            for head in self.store.audit_heads().await.unwrap() {
                let records = self.store.audit_records(&head.segment, 0, 1_000).await.unwrap();
                trail.segments.insert(head.segment, records);
            }
            let verdict = verify(&trail, Timestamp::from_millis(0), |hash, signature| {
                signature == format!("signed {hash}")
            });
            (verdict.bad.is_none() && verdict.uncovered == 0, verdict.checkpoints)
        }
    }

    #[tokio::test]
    async fn leaders_on_two_machines_write_one_chain_and_each_has_all_of_it() {
        let site = Site::new().await;
        let (one, other) = (site.auditor("one"), site.auditor("other"));
        assert_eq!(one.look().await.unwrap(), None, "nothing happened yet");
        for (number, auditor, segment) in [(1, &one, "a"), (2, &other, "b"), (3, &other, "a"), (4, &one, "b")]
        {
            site.write(segment).await;
            assert_eq!(auditor.look().await.unwrap(), Some(number));
            assert_eq!(auditor.look().await.unwrap(), None, "and nothing since");
        }
        assert_eq!(other.look().await.unwrap(), None);
        assert_eq!(site.whole("one").await, (true, 4));
        assert_eq!(site.whole("other").await, (true, 4));
    }

    #[tokio::test]
    async fn what_somebody_wrote_into_the_store_is_not_taken_over() {
        let site = Site::new().await;
        site.write("a").await;
        site.auditor("one").look().await.unwrap();
        site.write("a").await;
        let path = site.folder.path().join("one").join(FILE);
        let proof = std::fs::read_to_string(&path).unwrap();
        let heads = site.store.audit_heads().await.unwrap();
        let mut forged = Checkpoint::after(read(&path).unwrap().last(), Timestamp::now(), "e".into(), heads);
        forged.signature = "somebody".to_owned();
        assert!(site.store.keep_checkpoint(&forged).await.unwrap());
        for auditor in ["one", "other"] {
            let error = site.auditor(auditor).look().await.unwrap_err();
            assert!(matches!(error, AuditorError::Forged(2)), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), proof);
    }

    #[tokio::test]
    async fn a_line_that_was_cut_off_is_mended_and_a_store_that_was_set_back_is_told() {
        let site = Site::new().await;
        for segment in ["a", "b"] {
            site.write(segment).await;
            site.auditor("one").look().await.unwrap();
        }
        let path = site.folder.path().join("one").join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 30]).unwrap();
        assert_eq!(site.auditor("one").look().await.unwrap(), None);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(site.whole("one").await, (true, 2));

        let younger = Site::new().await;
        let Site { folder, .. } = &site;
        let auditor =
            Site { folder: tempfile::tempdir().unwrap(), store: younger.store.clone() }.auditor("one");
        std::fs::create_dir_all(auditor.config.folder.clone()).unwrap();
        std::fs::copy(folder.path().join("one").join(FILE), auditor.config.folder.join(FILE)).unwrap();
        younger.write("c").await;
        let error = auditor.look().await.unwrap_err();
        assert!(matches!(error, AuditorError::SetBack { kept: 0, written: 2, .. }), "{error}");
    }
}

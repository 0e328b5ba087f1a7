//! The auditor: links the segments of the audit trail by signed checkpoints, outside of the store. One at a time does it,
//! behind a leader lock.
//!
//! The file is the proof; the store has a copy, so that a leader on another machine continues the same chain and brings its
//! own file up to date.

mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::WorkerId;
use checkmate_domain::audit::Checkpoint;
use checkmate_service::Stop;
use checkmate_store::{LockAttempt, Store, StoreError};

pub use file::{FILE, FileError, read};

/// The lock that makes one process the leader.
pub const LOCK: &str = "audit";
/// Segments removed in one look.
const AT_ONCE: u64 = 100;
/// Checkpoints read in one call.
const PAGE: u64 = 500;

/// Signs the hash of a checkpoint; answers in hex.
pub type Sign = Arc<dyn Fn(&str) -> String + Send + Sync>;

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
}

/// Links segments.
pub struct Auditor {
    store: Arc<dyn Store>,
    config: AuditorConfig,
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
}

impl Auditor {
    /// An auditor over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, config: AuditorConfig) -> Self {
        Self { store, config }
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
        let checkpoints = self.kept().await?;
        let path = self.config.folder.join(FILE);
        let written = file::last(path.clone()).await?;
        let kept = checkpoints.last().map_or(0, |last| last.number);
        if written > kept {
            return Err(AuditorError::SetBack { kept, written, file: path });
        }
        let missing: Vec<Checkpoint> =
            checkpoints.iter().filter(|one| one.number > written).cloned().collect();
        file::append(path.clone(), missing).await?;
        let Some(next) = self.next(&checkpoints).await? else {
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
        file::append(path, vec![next]).await?;
        Ok(Some(number))
    }

    async fn kept(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |last: &Checkpoint| last.number);
            let page = self.store.checkpoints(after, PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// The next checkpoint; none when no segment moved.
    async fn next(&self, checkpoints: &[Checkpoint]) -> Result<Option<Checkpoint>, StoreError> {
        let mut seen: BTreeMap<&WorkerId, u64> = BTreeMap::new();
        for head in checkpoints.iter().flat_map(|one| &one.heads) {
            seen.insert(&head.segment, head.seq);
        }
        let mut heads = self.store.audit_heads().await?;
        heads.retain(|head| seen.get(&head.segment).is_none_or(|seq| head.seq > *seq));
        if heads.is_empty() {
            return Ok(None);
        }
        let (at, epoch) = (self.store.now().await?, self.store.epoch().await?);
        let mut next = Checkpoint::after(checkpoints.last(), at, epoch, heads);
        next.signature = (self.config.sign)(&next.hash());
        Ok(Some(next))
    }
}

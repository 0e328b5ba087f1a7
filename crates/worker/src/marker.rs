//! Notes confirmed publishes in batches, off the hot path. A note that is lost only makes the keeper send a job again.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{JobId, JobMessage};
use checkmate_service::Stop;
use checkmate_store::Store;
use tokio::sync::mpsc;

/// Ids noted in one call at most.
const BATCH: usize = 256;
/// How long a note may wait.
const EVERY: Duration = Duration::from_millis(100);

/// Takes notes.
#[derive(Clone)]
pub struct Marker(mpsc::Sender<JobId>);

impl Marker {
    /// Notes that these were confirmed. Never waits: when the store lags, notes are dropped.
    pub fn published(&self, jobs: &[JobMessage]) {
        for job in jobs {
            let _ = self.0.try_send(job.job.clone());
        }
    }

    /// A marker and the waiting notes, for [`run_marker`].
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<JobId>) {
        let (notes, waiting) = mpsc::channel(BATCH * 16);
        (Self(notes), waiting)
    }
}

/// Writes notes until every [`Marker`] is gone or the process must stop.
pub async fn run_marker(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<JobId>, stop: Stop) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            () = stop.killing().cancelled() => return,
            count = waiting.recv_many(&mut batch, BATCH) => if count == 0 { return },
        }
        if let Err(error) = store.mark_published(&batch).await {
            tracing::debug!(%error, jobs = batch.len(), "confirmed publishes not noted; the keeper looks after them");
        }
        batch.clear();
        if waiting.len() < BATCH {
            tokio::select! {
                () = stop.killing().cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

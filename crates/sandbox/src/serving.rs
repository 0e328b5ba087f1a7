//! What answers, until it is ended or dropped.

use std::io;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server that runs.
pub(crate) struct Serving {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Serving {
    pub(crate) fn start(server: impl Future<Output = io::Result<()>> + Send + 'static) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            tokio::select! {
                _ = server => {}
                () = stopped => {}
            }
        });
        Self { stop, task: Some(task) }
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

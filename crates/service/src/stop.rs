//! Stopping in two steps: first the intake, then, when the grace period is over, the work in hand.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The stop signal of a process. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop {
    drain: CancellationToken,
    kill: CancellationToken,
    grace: Duration,
}

impl Stop {
    /// `grace`: how long work in hand may go on after the intake is cut.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self { drain: CancellationToken::new(), kill: CancellationToken::new(), grace }
    }

    /// Fires when the intake must stop.
    #[must_use]
    pub fn draining(&self) -> &CancellationToken {
        &self.drain
    }

    /// Fires when work in hand must stop too.
    #[must_use]
    pub fn killing(&self) -> &CancellationToken {
        &self.kill
    }

    /// How long work in hand may go on.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// Cuts the intake.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Stops the work in hand as well.
    pub fn kill(&self) {
        self.drain.cancel();
        self.kill.cancel();
    }

    /// Sleeps, or returns false at once when the intake is cut.
    pub async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.drain.cancelled() => false,
        }
    }

    /// Waits for SIGTERM or SIGINT, drains, and kills when the grace period is over or a second signal comes.
    ///
    /// Returns after the second step, whether a second signal asked for it; run it beside the roles.
    ///
    /// # Errors
    /// When the process may not install signal handlers.
    pub async fn on_signals(&self) -> std::io::Result<bool> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tracing::info!(
            grace_seconds = self.grace.as_secs(),
            "stopping: no new work; a second signal stops at once"
        );
        self.drain();
        let again = tokio::select! {
            _ = term.recv() => true,
            _ = int.recv() => true,
            () = tokio::time::sleep(self.grace) => {
                tracing::warn!("grace period over: giving back what is in hand");
                false
            }
        };
        self.kill();
        Ok(again)
    }
}

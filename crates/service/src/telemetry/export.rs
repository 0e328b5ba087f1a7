//! Sends finished spans to a collector, in batches and from a thread of its own, so that the jobs do not wait for it. What a
//! slow or absent collector does not take is dropped and counted.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::otlp::{self, Resource};
use super::span::{Finished, collect};
use crate::metrics;

/// Spans that wait to be sent; more are dropped.
const WAITING: usize = 8_192;
/// Spans in one request.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// Between two looks for more spans of a batch: a sender that had to wake somebody for each would pay for it.
const LOOK: Duration = Duration::from_millis(50);
/// For one request.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why no spans can be sent.
#[derive(Debug, thiserror::Error)]
pub enum BadEndpoint {
    /// Not an address of a collector.
    #[error(
        "telemetry.otlp_endpoint '{0}' is not understood: give the collector's address, such as http://localhost:4318"
    )]
    NotUnderstood(String),
    /// Nothing can be sent at all.
    #[error("traces cannot be sent: {0}")]
    NoClient(#[from] reqwest::Error),
    /// There is no thread to send from.
    #[error("traces cannot be sent: {0}")]
    NoThread(#[from] std::io::Error),
    /// One exporter serves the whole process.
    #[error("traces are sent already")]
    Twice,
}

/// The thread that sends.
pub struct Exporter {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Exporter {
    /// Spans are sent to the collector at `endpoint` from now on. `instance` is this process start.
    ///
    /// # Errors
    /// When the address is not understood, or spans are sent already.
    pub fn start(endpoint: &str, instance: &str, version: &'static str) -> Result<Self, BadEndpoint> {
        let not_understood = || BadEndpoint::NotUnderstood(endpoint.to_owned());
        let collector = reqwest::Url::parse(endpoint).map_err(|_| not_understood())?;
        if !["http", "https"].contains(&collector.scheme()) || !collector.has_host() {
            return Err(not_understood());
        }
        let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let url = reqwest::Url::parse(&address).map_err(|_| not_understood())?;
        let http =
            reqwest::Client::builder().timeout(ANSWER_WITHIN).connect_timeout(ANSWER_WITHIN).build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (sender, waiting) = mpsc::channel(WAITING);
        if !collect(sender) {
            return Err(BadEndpoint::Twice);
        }
        let resource = Resource { version, instance: instance.to_owned() };
        let stop = CancellationToken::new();
        let sending = Sending { http, url, resource, told: false };
        let (end, ended) = oneshot::channel();
        let until = stop.clone();
        std::thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
            runtime.block_on(sending.run(waiting, until));
            // Nobody may be waiting any more.
            let _ = end.send(());
        })?;
        Ok(Self { stop, ended })
    }

    /// Sends what waits, as far as the collector takes it within the time of one answer, and ends.
    pub async fn close(self) {
        self.stop.cancel();
        // Beyond it the thread ends with the process.
        let _ = tokio::time::timeout(ANSWER_WITHIN, self.ended).await;
    }
}

struct Sending {
    http: reqwest::Client,
    url: reqwest::Url,
    resource: Resource,
    /// Whether it was said that the collector takes nothing.
    told: bool,
}

impl Sending {
    async fn run(mut self, mut waiting: mpsc::Receiver<Finished>, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => 0,
                first = waiting.recv_many(&mut batch, BATCH) => first,
            };
            if first == 0 {
                break;
            }
            let _ = stop.run_until_cancelled(gather(&mut waiting, &mut batch)).await;
            self.send(&mut batch).await;
        }
        waiting.close();
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            self.send(&mut batch).await;
            // A collector that took nothing just now takes nothing of the rest either.
            if self.told {
                metrics::spans_dropped(waiting.len());
                return;
            }
        }
    }

    /// Sends the batch and empties it, whatever becomes of it: an old span helps nobody.
    async fn send(&mut self, batch: &mut Vec<Finished>) {
        let body = otlp::request(&self.resource, batch);
        let answer = self.http.post(self.url.clone()).json(&body).send().await;
        let why = match answer.and_then(reqwest::Response::error_for_status) {
            Ok(_) => None,
            Err(error) => Some(without_url(error)),
        };
        match why {
            None if self.told => {
                self.told = false;
                tracing::info!("the collector takes traces again");
            }
            None => {}
            Some(why) => {
                metrics::spans_dropped(batch.len());
                if !self.told {
                    self.told = true;
                    tracing::warn!(why, "the collector takes no traces: look at telemetry.otlp_endpoint");
                }
            }
        }
        batch.clear();
    }
}

/// An address may hold a password.
fn without_url(error: reqwest::Error) -> String {
    use std::error::Error as _;
    let error = error.without_url();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Waits until a batch is full or its time is over.
async fn gather(waiting: &mut mpsc::Receiver<Finished>, batch: &mut Vec<Finished>) {
    let until = tokio::time::Instant::now() + GATHER;
    while batch.len() < BATCH && tokio::time::Instant::now() < until {
        match waiting.try_recv() {
            Ok(span) => batch.push(span),
            Err(mpsc::error::TryRecvError::Empty) => tokio::time::sleep(LOOK).await,
            Err(mpsc::error::TryRecvError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_none_is_refused() {
        for endpoint in ["", "localhost:4318", "ftp://collector", "http://"] {
            let refused = Exporter::start(endpoint, "test", "0");
            assert!(matches!(refused, Err(BadEndpoint::NotUnderstood(_))), "{endpoint}");
        }
    }
}

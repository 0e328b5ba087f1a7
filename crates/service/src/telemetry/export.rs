//! Sends finished spans to a collector, in batches. What a slow or absent collector does not take is dropped and counted.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
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
    /// One exporter serves the whole process.
    #[error("traces are sent already")]
    Twice,
}

/// The task that sends.
pub struct Exporter {
    stop: CancellationToken,
    task: JoinHandle<()>,
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
        let (sender, waiting) = mpsc::channel(WAITING);
        if !collect(sender) {
            return Err(BadEndpoint::Twice);
        }
        let resource = Resource { version, instance: instance.to_owned() };
        let stop = CancellationToken::new();
        let sending = Sending { http, url, resource, told: false };
        let task = tokio::spawn(sending.run(waiting, stop.clone()));
        Ok(Self { stop, task })
    }

    /// Sends what waits, as far as the collector takes it within the time of one answer, and ends.
    pub async fn close(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(ANSWER_WITHIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
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
    let filling = async {
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            if waiting.recv_many(batch, room).await == 0 {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(GATHER, filling).await;
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

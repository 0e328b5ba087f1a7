//! Takes requests: may this sender ask for that, is it too often, and then the scan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{Lane, ScanId, Scope, TraceParent, Trigger, TriggerKind};
use checkmate_queue::consumer::{Handler, JobContext};
use checkmate_queue::{Broker, Message, Settle};
use checkmate_service::Backoff;
use checkmate_store::{Created, NewScan, Store, StoreError};

use super::message::Request;
use crate::plan::send;

/// The shortest and the longest wait before a store that is away is asked again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// What the taker of requests needs to know.
#[derive(Debug, Clone)]
pub struct RequestsConfig {
    /// Which broker user may ask for which scopes.
    pub allow: BTreeMap<String, BTreeSet<Scope>>,
    /// Requests of one user in a minute.
    pub per_minute: u32,
    /// Jobs of one scan released at a time.
    pub window: u32,
    /// For one attempt of a job.
    pub time_limit: Duration,
    /// From its release to the end of a job.
    pub expires_after: Duration,
    /// How long a request may wait for the store before it goes back to the broker; within its consumer time-out.
    pub patience: Duration,
}

/// Takes requests.
pub struct Requests {
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    config: RequestsConfig,
}

impl Requests {
    /// A taker over these parts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, broker: Arc<dyn Broker>, config: RequestsConfig) -> Self {
        Self { store, broker, config }
    }

    /// The scan that is asked for, or why there will be none.
    fn wanted(&self, message: &Message) -> Result<(NewScan, String), String> {
        let Some(user) = message.user_id.clone() else {
            return Err(
                "the request names no broker user: publish it with the user-id property set".to_owned()
            );
        };
        let Some(allowed) = self.config.allow.get(&user) else {
            return Err(format!(
                "broker user '{user}' may not ask for scans: see requests.allow in the configuration"
            ));
        };
        let request = Request::read(&message.body).map_err(|error| error.to_string())?;
        if !allowed.contains(&request.scope) {
            return Err(format!(
                "broker user '{user}' may not ask for {}: see requests.allow in the configuration",
                request.scope
            ));
        }
        tracing::debug!(user, request.id, scan.scope = %request.scope, "a scan is requested");
        let scan = NewScan {
            id: ScanId::derived(&["request", &user, &request.id]),
            scope: request.scope,
            lane: Lane::Bulk,
            // Whoever asked also said why: both are shown with the scan.
            trigger: Trigger { kind: TriggerKind::Message, who: format!("{user}: {}", request.reason) },
            window: self.config.window,
            time_limit: self.config.time_limit,
            expires_after: self.config.expires_after,
        };
        Ok((scan, user))
    }

    /// `counted`: whether this request took its slot; one that is tried again takes no other.
    async fn take(
        &self,
        scan: &NewScan,
        user: &str,
        asked: Option<TraceParent>,
        counted: &mut bool,
    ) -> Result<Settle, StoreError> {
        if !*counted && self.store.requested(&scan.id).await?.is_none() {
            if !self.store.take_request_slot(user, self.config.per_minute).await? {
                let most = self.config.per_minute;
                let reason =
                    format!("broker user '{user}' asked more than {most} times in a minute: ask again later");
                return Ok(Settle::Dead { reason });
            }
            *counted = true;
        }
        let (scan, job) = match self.store.create_requested(scan).await? {
            Created::New(scan, job) => (scan, Some(*job)),
            Created::Exists(scan) => {
                tracing::info!(user, scan.id = %scan.id, scan.scope = %scan.scope, "a request leads to a scan that is there");
                (scan, None)
            }
        };
        if let Some(job) = job {
            tracing::info!(user, scan.id = %scan.id, scan.scope = %scan.scope, "a requested scan is recorded");
            if let Err(error) = send(&*self.store, &*self.broker, &[job], asked).await {
                tracing::warn!(%error, scan.id = %scan.id, "its first job was not sent; the keeper sends it");
            }
        }
        Ok(Settle::Done)
    }
}

#[async_trait]
impl Handler for Requests {
    /// The scan and who asks for it, or why there will be none.
    type Work = Result<(NewScan, String), String>;

    fn read(&self, message: &Message) -> (Self::Work, Duration) {
        (self.wanted(message), self.config.patience)
    }

    /// Never puts a request off: the copy would carry our own broker user, and who asked would be lost. It waits here for
    /// the store, and goes back as it came when that takes too long.
    async fn handle(&self, wanted: Self::Work, message: Message, ctx: &JobContext) -> Settle {
        let (scan, user) = match wanted {
            Ok(wanted) => wanted,
            Err(reason) => return Settle::Dead { reason },
        };
        let asked = message.cause;
        let mut backoff = Backoff::new(AGAIN.0, AGAIN.1);
        let mut counted = false;
        loop {
            let error = match self.take(&scan, &user, asked, &mut counted).await {
                Ok(settle) => return settle,
                Err(error) => error,
            };
            if backoff.failures() == 0 {
                tracing::warn!(%error, "a request waits for the store");
            }
            let wait = tokio::time::sleep(backoff.fail());
            if ctx.stopping().run_until_cancelled(wait).await.is_none() || ctx.time_left() < AGAIN.1 {
                return Settle::Requeue;
            }
        }
    }
}

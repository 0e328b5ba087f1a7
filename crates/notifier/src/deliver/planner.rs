//! From the end of a scan to rows of the ledger.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, ScanId};
use checkmate_service::Stop;
use checkmate_store::{LockAttempt, LockGuard, Store, StoreError, Unplanned};

use super::parcel::{Parcel, is_over};
use super::{Way, Ways};
use crate::Clock;
use crate::ledger::wanted;
use crate::outcome::{Organisations, View};
use crate::policy::{Route, Wish};

/// The lock that makes one process plan at a time. It saves work; that no row is there twice, the rows see to themselves.
const LOCK: &str = "planner";
/// How long it holds without renewal.
const LOCK_TTL: Duration = Duration::from_secs(30);
/// Rows written between two renewals.
const STRETCH: usize = 200;
/// Times a row is written anew because somebody else was faster.
const TRIES: usize = 20;

/// What a planner needs to know.
#[derive(Clone, Debug)]
pub struct PlannerConfig {
    /// This process start, for the lock.
    pub owner: String,
    /// Between two looks for scans that are over.
    pub every: Duration,
}

/// Plans the deliveries of scans that are over.
pub struct Planner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    routes: Vec<Route>,
    organisations: Organisations,
    config: PlannerConfig,
}

impl Planner {
    /// A planner for the routes that send.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ways: &Ways,
        organisations: Organisations,
        config: PlannerConfig,
    ) -> Self {
        let routes = ways.values().map(|Way { route, .. }| route.clone()).collect();
        Self { store, clock, routes, organisations, config }
    }

    /// Plans until told to stop.
    pub async fn run(&self, stop: &Stop) {
        let mut told = None;
        while !stop.draining().is_cancelled() {
            match self.round().await {
                Ok(()) => told = None,
                Err(error) => {
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "deliveries are not planned now; it is tried again");
                        told = Some(why);
                    }
                }
            }
            if !stop.sleep(self.config.every).await {
                break;
            }
        }
    }

    /// Plans every scan that is over and not planned, unless another process is at it.
    ///
    /// # Errors
    /// When the store cannot be read or written; what is not planned stays noted.
    pub async fn round(&self) -> Result<(), StoreError> {
        while let Some(noted) = self.store.unplanned(1).await?.into_iter().next() {
            let LockAttempt::Held(guard) = self.store.lock(LOCK, &self.config.owner, LOCK_TTL).await? else {
                return Ok(());
            };
            let planned = self.plan(&noted, &guard).await;
            self.store.unlock(&guard).await?;
            if !planned? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Plans one scan. False when the lock was lost meanwhile.
    async fn plan(&self, noted: &Unplanned, guard: &LockGuard) -> Result<bool, StoreError> {
        let scan = if self.routes.is_empty() { None } else { self.store.scan(&noted.scan).await? };
        // What was removed as too old has nothing to be told any more.
        let Some(scan) = scan else {
            self.store.mark_planned(noted).await?;
            return Ok(true);
        };
        let view = View::of(&*self.store, &self.organisations, &scan).await?;
        for (number, wish) in view.wishes(&self.routes).iter().enumerate() {
            if number % STRETCH == 0 && !self.store.renew_lock(guard, LOCK_TTL).await? {
                return Ok(false);
            }
            if let Some(parcel) = Parcel::of(wish, &view) {
                self.want(wish, parcel.look(), &scan.id).await?;
            }
        }
        tracing::debug!(scan.id = %scan.id, "deliveries planned");
        self.store.mark_planned(noted).await?;
        Ok(true)
    }

    /// Writes how the outside should look; whether that was news.
    async fn want(&self, wish: &Wish<'_>, look: &str, scan: &ScanId) -> Result<bool, StoreError> {
        let id = DeliveryId::derived(&wish.route.name, &wish.subject);
        for _ in 0..TRIES {
            let now = self.clock.now();
            let next = match self.store.delivery(&id).await? {
                None if is_over(wish) => None,
                None => Some(DeliveryRecord::planned(
                    &wish.route.name,
                    wish.subject.clone(),
                    look.to_owned(),
                    now,
                )),
                Some(row) => wanted(&row, look, now),
            };
            let Some(next) = next else { return Ok(false) };
            let next = DeliveryRecord { scan: Some(scan.clone()), ..next };
            if self.store.put_delivery(&next).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Unavailable(format!("delivery {id} is written by others all the time")))
    }
}

//! From the end of a scan to rows of the ledger.

use std::sync::Arc;
use std::time::Duration;

use checkmate_service::Stop;
use checkmate_store::{LockAttempt, LockGuard, ScanRecord, Store, StoreError, Unplanned};

use super::approvals::{Gates, Holding};
use super::plan::{Done, Plan, Touched};
use super::{Way, Ways};
use crate::Clock;
use crate::outcome::{Organisations, View};
use crate::policy::{Destination, Route};

/// The lock that makes one process plan at a time. It saves work; that no row is there twice, the rows see to themselves.
const LOCK: &str = "planner";
/// How long it holds without renewal.
const LOCK_TTL: Duration = Duration::from_secs(10);
/// Rows written between two renewals.
pub(super) const STRETCH: usize = 200;
/// Times a row is written anew because somebody else was faster.
pub(super) const TRIES: usize = 20;

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
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    /// Those that ask a person first, so that what tells of a scan can tell that.
    pub(super) routes: Vec<Route>,
    pub(super) organisations: Organisations,
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
        let mut routes: Vec<Route> = ways.values().map(|Way { route, .. }| route.clone()).collect();
        routes.sort_by_key(|route| !matches!(route.to, Destination::Jira(_)));
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

    /// Plans every scan that is over and not planned, then has rows follow their approvals, unless another process is at it.
    ///
    /// # Errors
    /// When the store cannot be read or written; what is not planned stays noted.
    pub async fn round(&self) -> Result<(), StoreError> {
        while let Some(noted) = self.store.unplanned(1).await?.into_iter().next() {
            let Some(guard) = self.lock().await? else { return Ok(()) };
            let planned = self.plan(&noted, &guard).await;
            self.store.unlock(&guard).await?;
            if !planned? {
                return Ok(());
            }
        }
        if self.store.due_approvals(self.clock.now(), 1).await?.is_empty() {
            return Ok(());
        }
        let Some(guard) = self.lock().await? else { return Ok(()) };
        let followed = self.follow(&guard).await;
        self.store.unlock(&guard).await?;
        followed
    }

    async fn lock(&self) -> Result<Option<LockGuard>, StoreError> {
        Ok(match self.store.lock(LOCK, &self.config.owner, LOCK_TTL).await? {
            LockAttempt::Held(guard) => Some(guard),
            LockAttempt::Other { .. } => None,
        })
    }

    /// Whether the lock is ours still.
    pub(super) async fn renewed(&self, guard: &LockGuard) -> Result<bool, StoreError> {
        self.store.renew_lock(guard, LOCK_TTL).await
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
        let done = Done::read(&*self.store, noted).await?;
        for route in &self.routes {
            if !self.plan_route(route, &view, (&scan, &done), guard).await? {
                return Ok(false);
            }
        }
        tracing::debug!(scan.id = %scan.id, "deliveries planned");
        self.store.mark_planned(noted).await?;
        Ok(true)
    }

    async fn plan_route(
        &self,
        route: &Route,
        view: &View,
        (scan, done): (&ScanRecord, &Done),
        guard: &LockGuard,
    ) -> Result<bool, StoreError> {
        if !self.renewed(guard).await? {
            return Ok(false);
        }
        let (store, clock) = (&*self.store, &*self.clock);
        let wishes = view.wishes(std::slice::from_ref(route));
        let gates = Gates::of(store, clock.now(), view, route, &wishes).await?;
        let holding = Holding { store, clock, first_use: gates.first_use.clone() };
        let plan = Plan { holding, view, scan, gates, done };
        let mut touched = Touched::new();
        for (number, wish) in wishes.into_iter().enumerate() {
            if number % STRETCH == 0 && !self.renewed(guard).await? {
                return Ok(false);
            }
            plan.wish(wish, &mut touched).await?;
        }
        for summary in touched {
            plan.summary(&summary, route).await?;
        }
        Ok(true)
    }
}

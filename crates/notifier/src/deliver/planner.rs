//! From the end of a scan to rows of the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, Subject};
use checkmate_service::Stop;
use checkmate_store::{LockAttempt, LockGuard, ScanRecord, Store, StoreError, Unplanned};

use super::parcel::{Parcel, is_living, is_over};
use super::summary::{named, subjects, within};
use super::{Way, Ways, digest};
use crate::Clock;
use crate::ledger::wanted;
use crate::outcome::{Organisations, View};
use crate::policy::{Destination, News, Route, Shape, Wish};

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
        let round = Round { planner: self, view: &view, scan: &scan };
        let mut touched = Touched::new();
        for (number, wish) in view.wishes(&self.routes).into_iter().enumerate() {
            if number % STRETCH == 0 && !self.store.renew_lock(guard, LOCK_TTL).await? {
                return Ok(false);
            }
            round.wish(wish, &mut touched).await?;
        }
        for (summary, route) in touched {
            round.summary(&summary, route).await?;
        }
        tracing::debug!(scan.id = %scan.id, "deliveries planned");
        self.store.mark_planned(noted).await?;
        Ok(true)
    }
}

/// Summaries that name something that has changed, with their routes.
type Touched<'a> = BTreeMap<DeliveryId, &'a Route>;

/// One plan.
struct Round<'a> {
    planner: &'a Planner,
    view: &'a View,
    scan: &'a ScanRecord,
}

impl<'a> Round<'a> {
    async fn wish(&self, wish: Wish<'a>, touched: &mut Touched<'a>) -> Result<(), StoreError> {
        match (&wish.route.to, &wish.shape) {
            // A scan of another scope makes no ticket, and changes those that are there.
            (Destination::Jira(_), Shape::Summary(members)) if !self.covers(wish.route) => {
                for (subject, members) in subjects(wish.route, members.iter().copied()) {
                    let shape = Shape::Ticket(members);
                    self.want(Wish { route: wish.route, subject, shape }, touched).await?;
                }
                Ok(())
            }
            (Destination::Jira(_), Shape::Summary(members)) => {
                let summary = DeliveryId::derived(&wish.route.name, &wish.subject);
                for (subject, members) in subjects(wish.route, members.iter().copied()) {
                    self.beyond(wish.route, subject, members, &summary, touched).await?;
                }
                Ok(())
            }
            (_, Shape::Digest(_)) if wish.route.cadence().is_some() => self.digest(wish.route).await,
            _ => self.want(wish, touched).await,
        }
    }

    fn covers(&self, route: &Route) -> bool {
        route.when.covers(&self.view.scanned().scope)
    }

    /// Has the digest that comes at its time tell of this scan too.
    async fn digest(&self, route: &Route) -> Result<(), StoreError> {
        let Some(subject) = route.cadence().and_then(|cadence| digest::subject(cadence, self.view)) else {
            return Ok(());
        };
        let (id, store) = (DeliveryId::derived(&route.name, &subject), &*self.planner.store);
        for _ in 0..TRIES {
            let (row, now) = (store.delivery(&id).await?, self.planner.clock.now());
            match digest::joined(store, route, &subject, row, (self.scan, now)).await? {
                Some(next) if !store.put_delivery(&next).await? => {}
                _ => return Ok(()),
            }
        }
        Err(busy(&id))
    }

    /// What is too much for a ticket of its own is named by the summary, unless it has one already.
    async fn beyond(
        &self,
        route: &'a Route,
        subject: Subject,
        members: Vec<&'a News>,
        summary: &DeliveryId,
        touched: &mut Touched<'a>,
    ) -> Result<(), StoreError> {
        let row = within(route, subject.clone(), summary, self.planner.clock.now());
        if self.planner.store.put_delivery(&row).await? {
            touched.insert(summary.clone(), route);
            return Ok(());
        }
        self.want(Wish { route, subject, shape: Shape::Ticket(members) }, touched).await
    }

    /// Brings a summary up to date; the one of this scan is new.
    async fn summary(&self, id: &DeliveryId, route: &'a Route) -> Result<(), StoreError> {
        let there = self.planner.store.delivery(id).await?.map(|row| row.subject);
        let subject = there.unwrap_or_else(|| Subject::Summary(self.scan.id.clone()));
        let members = named(&*self.planner.store, route, self.view, id).await?;
        self.want(Wish { route, subject, shape: Shape::Summary(members) }, &mut Touched::new()).await
    }

    /// Writes how the outside should look.
    async fn want(&self, wish: Wish<'a>, touched: &mut Touched<'a>) -> Result<(), StoreError> {
        let Some(parcel) = Parcel::of(&wish, self.view) else { return Ok(()) };
        let id = DeliveryId::derived(&wish.route.name, &wish.subject);
        let look = parcel.look();
        for _ in 0..TRIES {
            let now = self.planner.clock.now();
            let row = self.planner.store.delivery(&id).await?;
            if let Some(summary) = row.as_ref().and_then(|row| row.within.clone()) {
                touched.insert(summary, wish.route);
                return Ok(());
            }
            let next = match row {
                None if is_over(&wish) || !self.covers(wish.route) => None,
                None => {
                    let (route, subject) = (&wish.route.name, wish.subject.clone());
                    Some(DeliveryRecord::planned(route, subject, look.to_owned(), now))
                }
                // What was said once is not said again in other words.
                Some(_) if !is_living(wish.route) => None,
                Some(row) => wanted(&row, look, now),
            };
            let Some(next) = next else { return Ok(()) };
            let next = DeliveryRecord { scan: Some(self.scan.id.clone()), ..next };
            if self.planner.store.put_delivery(&next).await? {
                return Ok(());
            }
        }
        Err(busy(&id))
    }
}

fn busy(id: &DeliveryId) -> StoreError {
    StoreError::Unavailable(format!("delivery {id} is written by others all the time"))
}

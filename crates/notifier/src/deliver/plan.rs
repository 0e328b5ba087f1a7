//! One plan: what a route wants of a scan becomes rows of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Subject};
use checkmate_store::{ScanRecord, Store, StoreError, Unplanned};

use super::approvals::{Gates, Holding, Next, closes, is_made};
use super::digest;
use super::parcel::{Parcel, is_living, is_over};
use super::planner::TRIES;
use super::summary::{named, subjects, within};
use crate::ledger::held::let_go;
use crate::ledger::wanted;
use crate::outcome::View;
use crate::policy::{Destination, News, Route, Shape, Wish};

/// Rows read at once.
const PAGE: u64 = 1_000;

/// Summaries that name something that has changed.
pub(super) type Touched = BTreeSet<DeliveryId>;

/// Rows that a plan has written before it was cut off, with the summary that names each: without them a plan that is cut off
/// again and again would never come to its end.
#[derive(Default)]
pub(super) struct Done {
    note: Option<u64>,
    rows: BTreeMap<DeliveryId, Option<DeliveryId>>,
}

impl Done {
    /// Those of one note.
    pub(super) async fn read(store: &dyn Store, noted: &Unplanned) -> Result<Self, StoreError> {
        let (mut rows, mut after) = (BTreeMap::new(), None);
        loop {
            let page = store.deliveries(after.as_ref(), PAGE).await?;
            let Some(last) = page.last().map(|row| row.id.clone()) else { break };
            let of_this =
                |row: &DeliveryRecord| row.note == Some(noted.mark) && row.scan.as_ref() == Some(&noted.scan);
            rows.extend(page.into_iter().filter(of_this).map(|row| (row.id, row.within)));
            after = Some(last);
        }
        Ok(Self { note: Some(noted.mark), rows })
    }
}

/// One plan of one route.
pub(super) struct Plan<'a> {
    pub(super) holding: Holding<'a>,
    pub(super) view: &'a View,
    pub(super) scan: &'a ScanRecord,
    pub(super) gates: Gates,
    pub(super) done: &'a Done,
}

impl<'a> Plan<'a> {
    /// Writes what one wish asks for.
    pub(super) async fn wish(&self, wish: Wish<'a>, touched: &mut Touched) -> Result<(), StoreError> {
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
        let (id, store) = (DeliveryId::derived(&route.name, &subject), self.holding.store);
        for _ in 0..TRIES {
            let (row, now) = (store.delivery(&id).await?, self.holding.clock.now());
            let next = digest::joined(store, route, &subject, row, (self.scan, now)).await?;
            let Some(next) = next else { return Ok(()) };
            if store.put_delivery(next).await?.is_some() {
                return Ok(());
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
        touched: &mut Touched,
    ) -> Result<(), StoreError> {
        if self.is_done(&DeliveryId::derived(&route.name, &subject), touched) {
            return Ok(());
        }
        for _ in 0..TRIES {
            let new = within(route, subject.clone(), summary, self.holding.clock.now());
            if self.holding.store.delivery(&new.id).await?.is_some() {
                return self.want(Wish { route, subject, shape: Shape::Ticket(members) }, touched).await;
            }
            let next = match &self.gates.many_new {
                Some(approval) => self.holding.under(approval, new).await?,
                None => Some(Next::free(new)),
            };
            let Some(next) = next else { return Ok(()) };
            let is_named = next.record.within.is_some();
            if self.put(next).await? {
                if is_named {
                    touched.insert(summary.clone());
                }
                return Ok(());
            }
        }
        Err(busy(summary))
    }

    /// Brings a summary up to date; the one of this scan is new.
    pub(super) async fn summary(&self, id: &DeliveryId, route: &'a Route) -> Result<(), StoreError> {
        let there = self.holding.store.delivery(id).await?.map(|row| row.subject);
        let subject = there.unwrap_or_else(|| Subject::Summary(self.scan.id.clone()));
        let members = named(self.holding.store, route, self.view, id).await?;
        self.write(Wish { route, subject, shape: Shape::Summary(members) }, &mut Touched::new()).await
    }

    fn is_done(&self, id: &DeliveryId, touched: &mut Touched) -> bool {
        let row = self.done.rows.get(id);
        touched.extend(row.cloned().flatten());
        row.is_some()
    }

    /// Writes how the outside should look, unless this plan has.
    async fn want(&self, wish: Wish<'a>, touched: &mut Touched) -> Result<(), StoreError> {
        if self.is_done(&DeliveryId::derived(&wish.route.name, &wish.subject), touched) {
            return Ok(());
        }
        self.write(wish, touched).await
    }

    async fn write(&self, wish: Wish<'a>, touched: &mut Touched) -> Result<(), StoreError> {
        let Some(parcel) = Parcel::of(&wish, self.view) else { return Ok(()) };
        let id = DeliveryId::derived(&wish.route.name, &wish.subject);
        for _ in 0..TRIES {
            let row = self.holding.store.delivery(&id).await?;
            if let Some(summary) = row.as_ref().and_then(|row| row.within.clone()) {
                touched.insert(summary);
                return Ok(());
            }
            let next = match row {
                None if is_over(&wish) || !self.covers(wish.route) => None,
                None => self.made(&wish, parcel.look()).await?,
                // What was said once is not said again in other words.
                Some(_) if !is_living(wish.route) => None,
                Some(row) => self.changed(row, &wish, parcel.look()).await?,
            };
            let Some(next) = next else { return Ok(()) };
            if self.put(next).await? {
                return Ok(());
            }
        }
        Err(busy(&id))
    }

    /// The first row of a wish.
    async fn made(&self, wish: &Wish<'_>, look: &str) -> Result<Option<Next>, StoreError> {
        let (subject, now) = (wish.subject.clone(), self.holding.clock.now());
        let new = DeliveryRecord::planned(&wish.route.name, subject, look.to_owned(), now);
        match &self.gates.first_use {
            Some(approval) => self.holding.under(approval, new).await,
            None => Ok(Some(Next::free(new))),
        }
    }

    /// What a row becomes by a wish; nothing when it is as it should be.
    async fn changed(
        &self,
        row: DeliveryRecord,
        wish: &Wish<'_>,
        look: &str,
    ) -> Result<Option<Next>, StoreError> {
        let wanting = |row: &DeliveryRecord| DeliveryRecord { look: look.to_owned(), ..row.clone() };
        let next = match &row.approval {
            Some(_) if is_other(&row, wish, look) => {
                return Ok(Some(match self.changed_freely(&let_go(&row), wish, look).await? {
                    Some(next) => next,
                    None => Next::free(let_go(&row)),
                }));
            }
            Some(approval) => self.holding.under(approval, wanting(&row)).await?,
            None => self.changed_freely(&row, wish, look).await?,
        };
        Ok(next.filter(|next| next.record != row))
    }

    /// The same of one that nothing holds.
    async fn changed_freely(
        &self,
        row: &DeliveryRecord,
        wish: &Wish<'_>,
        look: &str,
    ) -> Result<Option<Next>, StoreError> {
        let gate = match (&self.gates.first_use, &self.gates.closing) {
            (Some(first_use), _) if !is_over(wish) && is_made(row) => Some(first_use),
            (_, Some(closing)) if closes(row, wish, look) => Some(closing),
            _ => None,
        };
        match gate {
            Some(approval) => {
                let wanting = DeliveryRecord { look: look.to_owned(), ..row.clone() };
                match self.holding.under(approval, wanting.clone()).await? {
                    None => self.holding.while_busy(approval, wanting).await,
                    next => Ok(next),
                }
            }
            None => Ok(wanted(row, look, self.holding.clock.now()).map(Next::free)),
        }
    }

    async fn put(&self, mut next: Next) -> Result<bool, StoreError> {
        (next.record.scan, next.record.note) = (Some(self.scan.id.clone()), self.done.note);
        self.holding.put(next).await
    }
}

/// Whether a ticket that was to be closed is another matter by now: something of it is open, or it was refused and has
/// changed since.
fn is_other(row: &DeliveryRecord, wish: &Wish<'_>, look: &str) -> bool {
    let was_refused = row.due.is_none() && row.state == DeliveryState::Delivered;
    row.remote.is_some() && (!is_over(wish) || (was_refused && row.look != look))
}

fn busy(id: &DeliveryId) -> StoreError {
    StoreError::Unavailable(format!("delivery {id} is written by others all the time"))
}

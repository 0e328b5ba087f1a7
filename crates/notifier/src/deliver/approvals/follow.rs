//! Rows follow what was decided about their approval, or that nobody decided in time.

use std::time::Duration;

use checkmate_domain::{Approval, ApprovalId, Ask, DeliveryId, DeliveryRecord, ScanId, Subject};
use checkmate_service::metrics;
use checkmate_store::{LockGuard, ScanRecord, StoreError};

use super::{Gates, Holding};
use crate::deliver::plan::{Done, Plan};
use crate::deliver::planner::{Planner, STRETCH, TRIES};
use crate::ledger::held::short;
use crate::outcome::View;
use crate::policy::{Destination, Route};

/// Approvals taken in hand at a time.
const BATCH: u64 = 100;
/// Rows read in one call.
const PAGE: u64 = 1_000;
/// Until a row that somebody is at is looked at again.
const AGAIN: Duration = Duration::from_secs(2);

impl Planner {
    /// Brings every approval that is due one step on. Cut off anywhere it is due still.
    pub(in crate::deliver) async fn follow(&self, guard: &LockGuard) -> Result<(), StoreError> {
        for approval in self.store.due_approvals(self.clock.now(), BATCH).await? {
            if !self.renewed(guard).await? {
                break;
            }
            self.follow_one(approval, guard).await?;
        }
        Ok(())
    }

    async fn follow_one(&self, approval: Approval, guard: &LockGuard) -> Result<(), StoreError> {
        let now = self.clock.now();
        let approval = match approval.expired(now) {
            Some(expired) => self.store.put_approval(expired).await?,
            None => Some(approval),
        };
        // Somebody decided just now: that stands, and is due.
        let Some(approval) = approval else { return Ok(()) };
        let route = self.routes.iter().find(|route| route.name == approval.route);
        let holding = self.holding(route, &approval).await?;
        let mut later = None;
        for (number, id) in self.rows(&approval.id).await?.into_iter().enumerate() {
            if number % STRETCH == 0 && !self.renewed(guard).await? {
                return Ok(());
            }
            if !self.follow_row(&holding, &id, &approval).await? {
                later = Some(now.plus(AGAIN));
            }
        }
        if let (Some(route), Ask::ManyNew { .. }, true) = (route, &approval.ask, approval.is_approved()) {
            self.leave_summary(route, &approval).await?;
        }
        let (id, reason) = (short(&approval).to_owned(), approval.state.as_str());
        let is_done = later.is_none() && !approval.is_waiting();
        if self.store.put_approval(approval.followed(later)).await?.is_some() && is_done {
            tracing::info!(approval.id = id, reason, "deliveries follow an approval");
            metrics::approval(reason);
        }
        Ok(())
    }

    /// What is released waits still where the first use of its project is not approved.
    async fn holding(&self, route: Option<&Route>, approval: &Approval) -> Result<Holding<'_>, StoreError> {
        let jira = route.and_then(|route| match &route.to {
            Destination::Jira(jira) if jira.approve.first_use => Some(jira),
            _ => None,
        });
        let mut first_use = None;
        if let Some(jira) = jira {
            let ask = Ask::FirstUse { project: jira.project.clone() };
            let id = ApprovalId::derived(&approval.route, &ask, &approval.scan);
            let there = self.store.approval(&id).await?;
            first_use = there.filter(|there| !there.is_approved()).map(|there| there.id);
        }
        Ok(Holding { store: &*self.store, clock: &*self.clock, first_use })
    }

    /// Rows that an approval holds.
    async fn rows(&self, id: &ApprovalId) -> Result<Vec<DeliveryId>, StoreError> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.deliveries(after.as_ref(), PAGE).await?;
            let Some(last) = page.last().map(|row| row.id.clone()) else { return Ok(rows) };
            after = Some(last);
            let held = page.into_iter().filter(|row| row.approval.as_ref() == Some(id));
            rows.extend(held.map(|row| row.id));
        }
    }

    /// False while somebody is at the row.
    async fn follow_row(
        &self,
        holding: &Holding<'_>,
        id: &DeliveryId,
        approval: &Approval,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let row = self.store.delivery(id).await?;
            let Some(row) = row.filter(|row| row.approval.as_ref() == Some(&approval.id)) else {
                return Ok(true);
            };
            let Some(mut next) = holding.under(&approval.id, row.clone()).await? else { return Ok(false) };
            if next.record == row {
                return Ok(true);
            }
            if next.record.approval.is_none() {
                next.record.scan = self.kept(next.record.scan.as_ref()).await?.map(|scan| scan.id);
            }
            if holding.put(next).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The summary names no more what has a ticket of its own.
    async fn leave_summary(&self, route: &Route, approval: &Approval) -> Result<(), StoreError> {
        let summary = DeliveryId::derived(&route.name, &Subject::Summary(approval.scan.clone()));
        let row: Option<DeliveryRecord> = self.store.delivery(&summary).await?;
        let scan = self.kept(Some(&approval.scan)).await?;
        let (Some(_), Some(scan)) = (row, scan) else { return Ok(()) };
        let view = View::of(&*self.store, &self.organisations, &scan).await?;
        let gates = Gates::default();
        let holding = Holding { store: &*self.store, clock: &*self.clock, first_use: None };
        Plan { holding, view: &view, scan: &scan, gates, done: &Done::default() }
            .summary(&summary, route)
            .await
    }

    /// A scan to look from: this one, or the last where it is not kept any more.
    async fn kept(&self, scan: Option<&ScanId>) -> Result<Option<ScanRecord>, StoreError> {
        if let Some(scan) = scan
            && let Some(there) = self.store.scan(scan).await?
        {
            return Ok(Some(there));
        }
        Ok(self.store.scans(0, 1).await?.into_iter().next())
    }
}

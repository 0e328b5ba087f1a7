//! One look at one site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, ScanId, Subject};
use checkmate_service::{Stop, metrics};
use checkmate_store::{LedgerStore, LockGuard, StoreError};

use super::closed::Closed;
use super::{Site, Watcher};
use crate::deliver::Way;
use crate::deliver::summary::named;
use crate::jira::{self, Listing, Standing, Watched};
use crate::outcome::View;
use crate::policy::{News, Shape};
use crate::sender::Trouble;

/// Rows read in one call.
const PAGE: u64 = 1_000;

/// A look.
pub(super) struct Round<'a> {
    pub(super) watcher: &'a Watcher,
    ways: &'a Site<'a>,
    pub(super) sender: jira::Sender,
    guard: &'a LockGuard,
    stop: &'a Stop,
    /// What is known of all targets; read when it is needed first.
    view: Option<Option<Arc<View>>>,
    /// Whether it is worth asking once more for what could not be looked at.
    pub(super) asks_again: bool,
}

/// Tickets whose scans are waited for.
type Pending = BTreeMap<DeliveryId, BTreeSet<ScanId>>;

impl<'a> Round<'a> {
    /// A look at the site of these routes.
    pub(super) fn of(
        watcher: &'a Watcher,
        ways: &'a Site<'a>,
        guard: &'a LockGuard,
        stop: &'a Stop,
    ) -> Option<Self> {
        let way = ways.values().next()?;
        let ledger = Arc::clone(&watcher.store) as Arc<dyn LedgerStore>;
        let (settings, access) = (way.channel.jira()?.clone(), watcher.leases.watch(way));
        let sender = jira::Sender::new(settings, ledger, access, Arc::clone(&watcher.clock));
        Some(Self { watcher, ways, sender, guard, stop, view: None, asks_again: false })
    }

    /// Tickets all of whose scans are over.
    pub(super) async fn ended(&self, pending: &Pending) -> Result<Vec<DeliveryId>, String> {
        let mut ended = Vec::new();
        for (id, scans) in pending {
            let mut over = true;
            for scan in scans {
                let scan = self.watcher.store.scan(scan).await.map_err(told)?;
                over &= scan.is_none_or(|scan| scan.state.is_final());
            }
            if over {
                ended.push(id.clone());
            }
        }
        Ok(ended)
    }

    /// Looks at tickets once more.
    pub(super) async fn again(&mut self, ids: Vec<DeliveryId>, pending: &mut Pending) -> Result<(), String> {
        let mut failed = None;
        for id in ids {
            self.go_on().await?;
            let Some(scans) = pending.remove(&id) else { continue };
            if let Err(why) = self.at(&id, false, pending).await {
                pending.insert(id, scans);
                failed = failed.or(Some(why));
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Looks at tickets one by one, with whether another one carries the same mark. What fails holds nothing else up.
    async fn all(&mut self, ids: Vec<(DeliveryId, bool)>, pending: &mut Pending) -> Result<(), String> {
        let mut failed = None;
        for (id, has_twin) in ids {
            self.go_on().await?;
            failed = failed.or(self.at(&id, has_twin, pending).await.err());
        }
        failed.map_or(Ok(()), Err)
    }

    /// Looks at what changed lately.
    pub(super) async fn changes(&mut self, since: Duration, pending: &mut Pending) -> Result<(), String> {
        if !self.has_any().await? {
            return Ok(());
        }
        let (minutes, mut some) = (since.as_secs().div_ceil(60), Vec::new());
        for standing in self.sender.listed(Listing::Changed { minutes }).await.map_err(told)? {
            let Some(row) = self.row_of(&standing).await? else { continue };
            let is_other = row.remote.as_deref() != Some(standing.key.as_str());
            if is_other || standing.closed_by_hand(&row).is_some() {
                some.push((row.id, is_other));
            }
        }
        self.all(some, pending).await
    }

    /// Looks at all that should be open.
    pub(super) async fn sweep(&mut self, pending: &mut Pending) -> Result<(), String> {
        let rows = self.rows().await?;
        if rows.is_empty() {
            return Ok(());
        }
        self.asks_again = true;
        let open = self.sender.listed(Listing::Unfinished).await.map_err(told)?;
        let mut odd = BTreeSet::new();
        for standing in &open {
            let Some(row) = self.row_of(standing).await? else { continue };
            if row.remote.as_deref() != Some(standing.key.as_str()) {
                odd.insert(row.id);
            }
        }
        let there: BTreeSet<(DeliveryId, &str)> =
            open.iter().filter_map(|one| Some((one.delivery()?, one.key.as_str()))).collect();
        let mut some = Vec::new();
        for row in rows {
            let key = row.remote.clone().unwrap_or_default();
            let missing = !there.contains(&(row.id.clone(), key.as_str()));
            let has_twin = odd.contains(&row.id);
            if has_twin || (missing && self.is_open(&row).await?) {
                some.push((row.id, has_twin));
            }
        }
        self.all(some, pending).await
    }

    /// Looks at one ticket as it is now.
    async fn at(&mut self, id: &DeliveryId, has_twin: bool, pending: &mut Pending) -> Result<(), String> {
        let Some((row, way)) = self.row(id).await? else { return Ok(()) };
        let Some(key) = row.remote.clone() else { return Ok(()) };
        let Some(standing) = self.sender.standing(&key).await.map_err(told)? else {
            return self.lost(&row, "gone", jira::gone(&key, "it is not found")).await;
        };
        if standing.key != key {
            return self.moved(&row, &key, &standing.key).await;
        }
        if has_twin {
            self.doubles(&row).await?;
        }
        let Some(closed_at) = standing.closed_by_hand(&row) else { return Ok(()) };
        let Some(view) = self.view().await? else { return Ok(()) };
        let open = open(self.watcher, way, &view, &row).await?;
        let closed = Closed { round: self, way, row: &row, standing: &standing, closed_at };
        let waited = closed.answer(open).await.map_err(told)?;
        if !waited.is_empty() {
            pending.insert(row.id.clone(), waited);
        }
        Ok(())
    }

    /// A ticket that another one carries the mark of was made twice, or has just been named anew.
    async fn doubles(&self, row: &DeliveryRecord) -> Result<(), String> {
        match self.sender.watch(row).await.map_err(told)? {
            Watched::Closed(keys) => metrics::doubles_closed(keys.len()),
            Watched::Fine => {}
            Watched::Later(why) => return Err(why),
        }
        Ok(())
    }

    /// Another project has other people: what they do with it is not ours to follow.
    async fn moved(&self, row: &DeliveryRecord, from: &str, to: &str) -> Result<(), String> {
        let why = format!(
            "{from} was moved to {to}: it is not followed there, and not made again by itself; 'deliveries retry' makes a new one"
        );
        match self.sender.let_go(from, to).await {
            // Where we may not write any more, the mark stays.
            Ok(()) | Err(Trouble::Gone(_) | Trouble::Unusable(_) | Trouble::Refused { .. }) => {}
            Err(trouble) => return Err(told(trouble)),
        }
        self.lost(row, "moved", why).await
    }

    async fn lost(&self, row: &DeliveryRecord, what: &'static str, why: String) -> Result<(), String> {
        if row.state != DeliveryState::Delivered {
            return Ok(());
        }
        let lost = jira::without(row, why, self.watcher.clock.now());
        if let Some(lost) = self.watcher.store.put_delivery(lost).await.map_err(told)? {
            let reason = lost.why.as_deref().unwrap_or_default();
            tracing::warn!(delivery.id = row.id.as_str(), reason, "a ticket is lost");
            metrics::ticket_change(what);
        }
        Ok(())
    }

    /// Another process may look when this one takes too long; and who is told to stop begins nothing.
    async fn go_on(&self) -> Result<(), String> {
        if self.stop.draining().is_cancelled() {
            return Err("it was told to stop".to_owned());
        }
        if self.watcher.store.renew_lock(self.guard, self.watcher.ttl()).await.map_err(told)? {
            Ok(())
        } else {
            Err("another process looks at tickets".to_owned())
        }
    }

    /// The row whose mark a ticket carries, if it is of this site.
    async fn row_of(&self, standing: &Standing) -> Result<Option<DeliveryRecord>, String> {
        let Some(id) = standing.delivery() else { return Ok(None) };
        Ok(self.row(&id).await?.map(|(row, _)| row).filter(is_there))
    }

    async fn row(&self, id: &DeliveryId) -> Result<Option<(DeliveryRecord, &'a Way)>, String> {
        let row = self.watcher.store.delivery(id).await.map_err(told)?;
        Ok(row.and_then(|row| self.ways.get(row.route.as_str()).map(|way| (row, *way))))
    }

    /// Rows of this site whose ticket is there.
    async fn rows(&self) -> Result<Vec<DeliveryRecord>, String> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = self.watcher.store.deliveries(after.as_ref(), PAGE).await.map_err(told)?;
            let Some(last) = page.last().map(|row| row.id.clone()) else { return Ok(rows) };
            after = Some(last);
            let ours = |row: &DeliveryRecord| self.ways.contains_key(row.route.as_str()) && is_there(row);
            rows.extend(page.into_iter().filter(ours));
        }
    }

    /// Whether there is any row: where nothing was sent, nothing is asked.
    async fn has_any(&self) -> Result<bool, String> {
        Ok(!self.watcher.store.deliveries(None, 1).await.map_err(told)?.is_empty())
    }

    async fn is_open(&mut self, row: &DeliveryRecord) -> Result<bool, String> {
        let (Some(view), Some(way)) = (self.view().await?, self.ways.get(row.route.as_str())) else {
            return Ok(false);
        };
        Ok(!open(self.watcher, way, &view, row).await?.is_empty())
    }

    async fn view(&mut self) -> Result<Option<Arc<View>>, String> {
        if let Some(view) = &self.view {
            return Ok(view.clone());
        }
        let view = latest(self.watcher).await.map_err(told)?;
        self.view = Some(view.clone());
        Ok(view)
    }
}

/// Everything that is known now.
async fn latest(watcher: &Watcher) -> Result<Option<Arc<View>>, StoreError> {
    let Some(scan) = watcher.store.scans(0, 1).await?.into_iter().next() else { return Ok(None) };
    let view = View::of(&*watcher.store, &watcher.organisations, &scan).await?;
    Ok(Some(Arc::new(view)))
}

/// What a ticket is about and is to be mended.
async fn open<'v>(
    watcher: &Watcher,
    way: &'v Way,
    view: &'v View,
    row: &DeliveryRecord,
) -> Result<Vec<&'v News>, String> {
    let mut members = match (&row.subject, view.ticket(&way.route, &row.subject).map(|wish| wish.shape)) {
        (Subject::Summary(_), _) => named(&*watcher.store, &way.route, view, &row.id).await.map_err(told)?,
        (_, Some(Shape::Ticket(members))) => members,
        _ => Vec::new(),
    };
    members.retain(|news| news.is_open());
    Ok(members)
}

fn is_there(row: &DeliveryRecord) -> bool {
    row.remote.is_some() && row.within.is_none() && row.state == DeliveryState::Delivered
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

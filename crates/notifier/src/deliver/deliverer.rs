//! Works off what is due in the ledger, one channel at a time.
//!
//! The rows say when something is to be done about them, so they are the queue: each is taken by a write on its version, by
//! one of however many processes look.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, ScanId, Subject, Timestamp};
use checkmate_service::Stop;
use checkmate_store::{LedgerStore, Store, StoreError};
use tokio::task::JoinSet;

use super::parcel::{Parcel, is_living};
use super::summary::{named, names_any};
use super::{Channel, Leases, Way, Ways, digest};
use crate::Clock;
use crate::ledger::wanted;
use crate::outcome::{Organisations, View};
use crate::policy::{Destination, Route, Shape, Wish};

/// Rows taken in hand at a time.
const BATCH: u64 = 256;
/// Rows looked through for those of a channel, at most.
const SEARCHED: u64 = 16_384;
/// Until a row that nothing can be done about is looked at again.
const ASIDE: Duration = Duration::from_mins(5);
/// Until one that waits for a plan is.
const UNPLANNED: Duration = Duration::from_secs(2);

/// What a deliverer needs to know.
#[derive(Clone, Debug)]
pub struct DelivererConfig {
    /// The channel, by its word.
    pub channel: &'static str,
    /// Deliveries at once.
    pub slots: usize,
    /// Between two looks when nothing is due.
    pub every: Duration,
}

/// Brings the deliveries of one channel forward.
pub struct Deliverer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    leases: Arc<dyn Leases>,
    ways: Arc<Ways>,
    organisations: Organisations,
    config: DelivererConfig,
    /// The view that was made last.
    kept: Mutex<Option<(ScanId, Arc<View>)>>,
}

/// A row with what goes out for it.
type Ready = (Way, DeliveryRecord, Parcel);

impl Deliverer {
    /// A deliverer over these parts. `ways` are those of all channels, so that it knows whose row is nobody's.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        leases: Arc<dyn Leases>,
        ways: Arc<Ways>,
        organisations: Organisations,
        config: DelivererConfig,
    ) -> Self {
        Self { store, clock, leases, ways, organisations, config, kept: Mutex::default() }
    }

    /// Delivers until told to stop; what is in hand then is brought to its end.
    pub async fn run(&self, stop: &Stop) {
        let mut told = None;
        while !stop.draining().is_cancelled() {
            match self.round(stop).await {
                // What was done may have made more due.
                Ok(done) if done > 0 => told = None,
                Ok(_) => {
                    told = None;
                    stop.sleep(self.config.every).await;
                }
                Err(error) => {
                    let why = error.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(why, "nothing is delivered now; it is tried again");
                        told = Some(why);
                    }
                    stop.sleep(self.config.every).await;
                }
            }
        }
    }

    /// A turn for each row that is due; how many turns that were.
    ///
    /// # Errors
    /// When the store cannot be read or written; what was in hand falls due again.
    pub async fn round(&self, stop: &Stop) -> Result<usize, StoreError> {
        let rows = self.due().await?;
        let ready = self.prepare(rows).await?;
        let (mut turns, mut done, mut failed) = (JoinSet::new(), 0, None);
        let mut note = |ended: Result<Result<(), StoreError>, tokio::task::JoinError>| match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed = Some(error),
            Err(error) => failed = Some(StoreError::Unavailable(format!("a delivery ended early: {error}"))),
        };
        for (way, row, parcel) in ready {
            if turns.len() >= self.config.slots
                && let Some(ended) = turns.join_next().await
            {
                note(ended);
            }
            if stop.draining().is_cancelled() {
                break;
            }
            done += 1;
            let access = self.leases.of(&way, &row);
            let (ledger, clock) = (Arc::clone(&self.store) as Arc<dyn LedgerStore>, Arc::clone(&self.clock));
            turns.spawn(async move { parcel.send(&way, &row, ledger, access, clock).await });
        }
        while let Some(ended) = turns.join_next().await {
            note(ended);
        }
        failed.map_or(Ok(done), Err)
    }

    /// Rows of this channel that are due. Behind those of another one there may be many more, so it looks further and further.
    async fn due(&self) -> Result<Vec<DeliveryRecord>, StoreError> {
        let mut limit = BATCH;
        loop {
            let mut rows = self.store.due_deliveries(self.clock.now(), limit).await?;
            let all = (rows.len() as u64) < limit;
            rows.retain(|row| self.is_mine(row));
            if all || !rows.is_empty() || limit >= SEARCHED {
                return Ok(rows);
            }
            limit *= 4;
        }
    }

    /// Those of this channel's routes, and those of routes that are there no more.
    fn is_mine(&self, row: &DeliveryRecord) -> bool {
        self.ways.get(&row.route).is_none_or(|way| way.channel.word() == self.config.channel)
    }

    /// Renders what goes out. The rows were read before the store is looked at: a row that a newer plan has changed since is
    /// of another version, and is not taken.
    async fn prepare(&self, rows: Vec<DeliveryRecord>) -> Result<Vec<Ready>, StoreError> {
        let mut by_scan: BTreeMap<Option<ScanId>, Vec<DeliveryRecord>> = BTreeMap::new();
        for row in rows {
            by_scan.entry(row.scan.clone()).or_default().push(row);
        }
        let mut ready = Vec::new();
        for (scan, rows) in by_scan {
            let view = match scan {
                Some(scan) => self.view(&scan).await?,
                None => None,
            };
            let mut by_route: BTreeMap<String, Vec<DeliveryRecord>> = BTreeMap::new();
            for row in rows {
                by_route.entry(row.route.clone()).or_default().push(row);
            }
            for (route, rows) in by_route {
                let (way, view) = (self.ways.get(&route), view.as_deref());
                self.of_route(way, view, rows, &mut ready).await?;
            }
        }
        Ok(ready)
    }

    /// The scan as it stands now: looked at anew unless nothing has changed since the last look.
    async fn view(&self, scan: &ScanId) -> Result<Option<Arc<View>>, StoreError> {
        let kept = self.kept().clone();
        if let Some((of, view)) = kept
            && of == *scan
            && view.is_fresh(&*self.store).await?
        {
            return Ok(Some(view));
        }
        let Some(record) = self.store.scan(scan).await? else { return Ok(None) };
        let view = Arc::new(View::of(&*self.store, &self.organisations, &record).await?);
        *self.kept() = Some((scan.clone(), Arc::clone(&view)));
        Ok(Some(view))
    }

    fn kept(&self) -> MutexGuard<'_, Option<(ScanId, Arc<View>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn of_route(
        &self,
        way: Option<&Way>,
        view: Option<&View>,
        rows: Vec<DeliveryRecord>,
        ready: &mut Vec<Ready>,
    ) -> Result<(), StoreError> {
        let (Some(way), Some(view)) = (way, view) else {
            for row in rows {
                let why = if way.is_none() {
                    format!("no route '{}' that sends is configured: see 'checkmate config check'", row.route)
                } else {
                    "the scan that asked for it is not kept any more: scan again".to_owned()
                };
                self.set_aside(row, &why).await?;
            }
            return Ok(());
        };
        let routes = std::slice::from_ref(&way.route);
        let wishes: BTreeMap<_, Wish<'_>> =
            view.wishes(routes).into_iter().map(|wish| (wish.subject.clone(), wish)).collect();
        for row in rows {
            let now = self.clock.now();
            if let Some(until) = way.route.quiet_until(&row.subject, now).filter(|_| is_to_be_said(&row)) {
                self.hush(row, until).await?;
                continue;
            }
            if let Subject::Digest(..) = &row.subject {
                self.digest(way, row, ready).await?;
                continue;
            }
            let asked = match (&way.channel, &row.subject) {
                (Channel::Jira(_), Subject::Summary(_)) => self.summary(&way.route, view, &row).await?,
                _ => wishes.get(&row.subject).cloned().or_else(|| view.ticket(&way.route, &row.subject)),
            };
            match asked.and_then(|wish| Parcel::of(&wish, view)) {
                Some(parcel) => self.make_ready(way, row, parcel, ready).await?,
                None if is_unsaid(&way.route, &row) => self.leave_unsaid(row).await?,
                None => self.set_aside(row, "nothing is known of what it is about: scan again").await?,
            }
        }
        Ok(())
    }

    /// Whether it would close a ticket before a plan has said whether a person is to be asked: it was mended while something
    /// else about it was to be sent. Where nothing is to be planned, that was done.
    async fn is_undecided(
        &self,
        route: &Route,
        row: &DeliveryRecord,
        parcel: &Parcel,
    ) -> Result<bool, StoreError> {
        let asks = matches!(&route.to, Destination::Jira(jira) if jira.approve.most_closing.is_some());
        if !asks || !parcel.is_closing() || row.remote.is_none() || row.look == parcel.look() {
            return Ok(false);
        }
        Ok(!self.store.unsettled_scans().await?.is_empty() || !self.store.unplanned(1).await?.is_empty())
    }

    /// Comes back to a row when its scan may be planned.
    async fn put_off(&self, row: DeliveryRecord) -> Result<(), StoreError> {
        let now = self.clock.now();
        let why = Some("what it is about is mended: it goes on when the scan is over".to_owned());
        let off = DeliveryRecord { due: Some(now.plus(UNPLANNED)), why, changed_at: now, ..row };
        self.store.put_delivery(off).await.map(drop)
    }

    /// A row with what goes out for it, if its channel takes that.
    async fn make_ready(
        &self,
        way: &Way,
        row: DeliveryRecord,
        parcel: Parcel,
        ready: &mut Vec<Ready>,
    ) -> Result<(), StoreError> {
        if !parcel.fits(&way.channel) {
            return self.set_aside(row, "the route leads to another channel now: cancel it").await;
        }
        if self.is_undecided(&way.route, &row, &parcel).await? {
            return self.put_off(row).await;
        }
        if let Some(row) = self.up_to_date(row, parcel.look()).await? {
            ready.push((way.clone(), row, parcel));
        }
        Ok(())
    }

    /// A digest at its time, as things stand now.
    async fn digest(&self, way: &Way, row: DeliveryRecord, ready: &mut Vec<Ready>) -> Result<(), StoreError> {
        match digest::parcel(&self.store, &self.organisations, &way.route, &row).await? {
            Some(parcel) => self.make_ready(way, row, parcel, ready).await,
            None => {
                self.set_aside(
                    row,
                    "the route has no digest of that kind any more, or its last scan is not kept: cancel it",
                )
                .await
            }
        }
    }

    /// Puts off what falls into quiet hours until they end.
    async fn hush(&self, row: DeliveryRecord, until: Timestamp) -> Result<(), StoreError> {
        let why = Some(format!("quiet hours of its route until {until}"));
        let later = DeliveryRecord { due: Some(until), why, changed_at: self.clock.now(), ..row };
        self.store.put_delivery(later).await.map(drop)
    }

    /// A summary names what its rows say, nothing where all of it has tickets of its own by now. None when nothing of it is
    /// known any more.
    async fn summary<'a>(
        &self,
        route: &'a Route,
        view: &'a View,
        row: &DeliveryRecord,
    ) -> Result<Option<Wish<'a>>, StoreError> {
        let members = named(&*self.store, route, view, &row.id).await?;
        let is_known = !members.is_empty() || !names_any(&*self.store, &row.id).await?;
        let subject = row.subject.clone();
        Ok(is_known.then_some(Wish { route, subject, shape: Shape::Summary(members) }))
    }

    /// The row, wanting what goes out; nothing when somebody else was faster.
    async fn up_to_date(
        &self,
        row: DeliveryRecord,
        look: &str,
    ) -> Result<Option<DeliveryRecord>, StoreError> {
        match wanted(&row, look, self.clock.now()) {
            None => Ok(Some(row)),
            Some(next) => self.store.put_delivery(next).await,
        }
    }

    /// Ends a row whose news is none any more: there is nothing to be told.
    async fn leave_unsaid(&self, row: DeliveryRecord) -> Result<(), StoreError> {
        let over = DeliveryRecord {
            state: DeliveryState::Cancelled,
            due: None,
            why: Some("what it was to tell was over before it was sent".to_owned()),
            changed_at: self.clock.now(),
            ..row
        };
        self.store.put_delivery(over).await.map(drop)
    }

    /// Puts off a row that nothing can be done about now, and says why. What is known to be sent is not forgotten.
    async fn set_aside(&self, row: DeliveryRecord, why: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let state = match row.state {
            DeliveryState::Planned => DeliveryState::Parked,
            state => state,
        };
        if row.why.as_deref() != Some(why) {
            tracing::warn!(delivery.id = row.id.as_str(), reason = why, "delivery put off");
        }
        let aside = DeliveryRecord {
            state,
            due: Some(now.plus(ASIDE)),
            why: Some(why.to_owned()),
            changed_at: now,
            ..row
        };
        self.store.put_delivery(aside).await.map(drop)
    }
}

/// Whether nothing of it is on its way: what may be there is looked for at any time.
const fn is_to_be_said(row: &DeliveryRecord) -> bool {
    matches!(row.state, DeliveryState::Planned | DeliveryState::Parked)
}

/// Whether it tells of something once, and certainly has not.
fn is_unsaid(route: &Route, row: &DeliveryRecord) -> bool {
    !is_living(route) && is_to_be_said(row)
}

//! A ticket that a person closed while something of it is open: it is looked at again, and then stays closed or is opened.
//!
//! What was mended the scan resolves, and the planner has the ticket say so. So what is left to do here is to ask, and to
//! open a ticket again whose findings a scan that began after the closing has seen.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{DeliveryRecord, DeliveryState, Fingerprint, ScanId, Scope, Timestamp};
use checkmate_service::metrics;
use checkmate_store::{ScanRecord, StoreError};

use super::Wanted;
use super::round::Round;
use super::wont_do::{self, Ended};
use crate::deliver::Way;
use crate::jira::{Standing, still_there};
use crate::policy::{Destination, News};
use crate::sender::Turn;

/// Scans that one closing of a ticket asks for of one scope, at most: the first may have begun too early, or may not have been
/// able to look.
const ASKED: usize = 5;
/// Jobs of a scan read in one call.
const PAGE: u64 = 5_000;

/// A ticket that was closed.
pub(super) struct Closed<'a, 'b> {
    pub(super) round: &'a Round<'b>,
    pub(super) way: &'a Way,
    pub(super) row: &'a DeliveryRecord,
    pub(super) standing: &'a Standing,
    pub(super) closed_at: Timestamp,
}

/// How far the scans of one scope are.
enum Progress {
    /// This one is not over.
    Waiting(ScanId),
    /// This one is over, began after the closing, and has seen these.
    Over(Box<ScanRecord>, Vec<News>),
    /// Nothing of it is open any more.
    Mended,
    /// None of those that were asked for tells anything any more.
    Silent,
}

impl Closed<'_, '_> {
    /// Does what is next; the scans that are waited for.
    pub(super) async fn answer(&self, mut open: Vec<&News>) -> Result<BTreeSet<ScanId>, StoreError> {
        self.accept(&mut open).await?;
        let (mut waited, mut silent) = (BTreeSet::new(), None);
        let (mut still, mut scans) = (Vec::new(), Vec::new());
        for (scope, members) in self.scopes(&open).await? {
            match self.progress(&scope, &members).await? {
                Progress::Waiting(scan) => drop(waited.insert(scan)),
                Progress::Over(scan, seen) => {
                    still.extend(seen);
                    scans.push(format!("scan {}", scan.id));
                }
                Progress::Mended => {}
                Progress::Silent => silent = Some(scope),
            }
        }
        match silent {
            _ if !waited.is_empty() => {}
            _ if !still.is_empty() => self.reopen(&still, &scans.join(", ")).await?,
            Some(scope) => self.silent(&scope).await?,
            None => {}
        }
        Ok(waited)
    }

    /// Where policy says so, what nobody is going to mend is accepted, and is open no more.
    async fn accept(&self, open: &mut Vec<&News>) -> Result<(), StoreError> {
        let Destination::Jira(jira) = &self.way.route.to else { return Ok(()) };
        let Some(policy) = jira.wont_do.filter(|_| self.standing.wont_do) else { return Ok(()) };
        let watcher = self.round.watcher;
        let ended = Ended { key: &self.standing.key, called: &self.standing.called, at: self.closed_at };
        let now = watcher.store.now().await?;
        if wont_do::accept(&*watcher.store, policy, &ended, open, now).await? == 0 {
            return Ok(());
        }
        metrics::ticket_change("accepted");
        if let Some(scan) = &self.row.scan {
            watcher.store.note_unplanned(scan).await?;
        }
        let mut left = Vec::new();
        for news in std::mem::take(open) {
            let decision = watcher.store.decision(&news.record.finding.fingerprint).await?;
            let holds = decision.is_some_and(|one| one.holds(news.record.finding.severity, now).is_some());
            if !holds {
                left.push(news);
            }
        }
        *open = left;
        Ok(())
    }

    /// What is to be scanned for which findings: a target by itself where it is a scope, else what the scan was about that
    /// saw it.
    async fn scopes<'n>(&self, open: &[&'n News]) -> Result<BTreeMap<Scope, Vec<&'n News>>, StoreError> {
        let mut scopes: BTreeMap<Scope, Vec<&News>> = BTreeMap::new();
        for news in open {
            let scope = match news.record.finding.place.target.as_str().parse().ok() {
                Some(scope) => Some(scope),
                None => self.round.watcher.store.job(&news.record.job).await?.map(|job| job.scope),
            };
            if let Some(scope) = scope {
                scopes.entry(scope).or_default().push(news);
            }
        }
        Ok(scopes)
    }

    /// Asks for a scan, unless that was done. One that was asked for by somebody else and began before the closing tells
    /// nothing about it: then another one is asked for when it is over. One that could not look is repeated with the next
    /// look at everything.
    async fn progress(&self, scope: &Scope, members: &[&News]) -> Result<Progress, StoreError> {
        let (watcher, mut may_ask) = (self.round.watcher, true);
        for number in 0..ASKED {
            let wanted = self.wanted(scope, number);
            let scan = match watcher.store.requested(&wanted.request).await? {
                Some(scan) => watcher.store.scan(&scan).await?,
                None if may_ask => {
                    metrics::ticket_change("rescan");
                    Some(watcher.rescans.ask(&wanted).await?)
                }
                None => return Ok(Progress::Silent),
            };
            let Some(scan) = scan else { continue };
            if !scan.state.is_final() {
                return Ok(Progress::Waiting(scan.id));
            }
            let members = self.open_still(members).await?;
            if members.is_empty() {
                return Ok(Progress::Mended);
            }
            let began_late = scan.created_at >= self.closed_at;
            let seen = if began_late { self.seen(&scan.id, &members).await? } else { Vec::new() };
            if !seen.is_empty() {
                return Ok(Progress::Over(Box::new(scan), seen));
            }
            may_ask = !began_late || self.round.asks_again;
        }
        Ok(Progress::Silent)
    }

    fn wanted(&self, scope: &Scope, number: usize) -> Wanted {
        let (at, scope_text, number) = (self.closed_at.to_string(), scope.to_string(), number.to_string());
        let request = ScanId::derived(&["ticket", self.row.id.as_str(), &at, &scope_text, &number]);
        let why = format!("{} was moved to {}", self.standing.key, self.standing.called);
        Wanted { request, scope: scope.clone(), why }
    }

    /// Those that are open now: a scan may have ended since they were read.
    async fn open_still<'n>(&self, members: &[&'n News]) -> Result<Vec<&'n News>, StoreError> {
        let mut open = Vec::new();
        for news in members {
            let record = self.round.watcher.store.finding(news.record.finding.fingerprint.as_str()).await?;
            if record.is_some_and(|record| record.state.is_open()) {
                open.push(*news);
            }
        }
        Ok(open)
    }

    /// Which of these a scan has seen, each as it saw it.
    async fn seen(&self, scan: &ScanId, members: &[&News]) -> Result<Vec<News>, StoreError> {
        let store = &self.round.watcher.store;
        let by_fingerprint: BTreeMap<&Fingerprint, &News> =
            members.iter().map(|news| (&news.record.finding.fingerprint, *news)).collect();
        let targets: BTreeSet<_> = members.iter().map(|news| &news.record.finding.place.target).collect();
        let (mut seen, mut skip) = (Vec::new(), 0);
        loop {
            let page = store.scan_jobs(scan, skip, PAGE).await?;
            if page.is_empty() {
                return Ok(seen);
            }
            skip += page.len() as u64;
            let some = page
                .into_iter()
                .filter(|job| job.spec.as_ref().is_some_and(|spec| targets.contains(&spec.target)));
            for job in some {
                let findings = store.report(&job.id).await?.map(|report| report.findings);
                for finding in findings.into_iter().flatten() {
                    if let Some(news) = by_fingerprint.get(&finding.fingerprint) {
                        let mut news = (*news).clone();
                        news.record.finding = finding;
                        seen.push(news);
                    }
                }
            }
        }
    }

    /// Opens the ticket again, and tells of it where that was done.
    async fn reopen(&self, still: &[News], scans: &str) -> Result<(), StoreError> {
        let note = still_there(&self.standing.called, &still.iter().collect::<Vec<_>>(), scans);
        let sender = &self.round.sender;
        let turn = sender.reopen(self.row, &self.standing.key, self.closed_at, &note).await?;
        if !matches!(turn, Turn::Over(row) if row.state == DeliveryState::Delivered) {
            return Ok(());
        }
        tracing::info!(
            delivery.id = self.row.id.as_str(),
            reason = self.standing.called,
            "a ticket was closed and what it is about is there still: it is open again"
        );
        metrics::ticket_change("reopened");
        Ok(())
    }

    /// Nobody can tell: the ticket stays as it is, and its row says so.
    async fn silent(&self, scope: &Scope) -> Result<(), StoreError> {
        let why = format!(
            "{} was moved to {}, and {scope} could not be looked at since: mend what its last scan says, then scan it again",
            self.standing.key, self.standing.called
        );
        if self.row.why.as_ref() == Some(&why) {
            return Ok(());
        }
        tracing::warn!(
            delivery.id = self.row.id.as_str(),
            reason = why,
            "a closed ticket could not be checked"
        );
        let told =
            DeliveryRecord { why: Some(why), changed_at: self.round.watcher.clock.now(), ..self.row.clone() };
        self.round.watcher.store.put_delivery(told).await.map(drop)
    }
}

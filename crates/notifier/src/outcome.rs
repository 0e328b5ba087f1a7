//! What came of a scan, as the store shows it now: what policy plans with, and what a delivery is rendered from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use checkmate_domain::{
    Decision, FindingRecord, Fingerprint, GroupId, JobId, Rule, RuleId, ScanId, Subject, TargetId, Timestamp,
    Transition, TransitionKind,
};
use checkmate_store::{ScanRecord, ScanState, Store, StoreError, decided, waiting};

use crate::policy::{Day, Destination, News, Outcome, Route, Shape, Wish, is_account, plan};

/// Entries of the log, and jobs, read in one call.
const PAGE: u64 = 5_000;
/// Days of a trend, at most.
const DAYS: usize = 14;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Whose a target is.
#[derive(Clone, Debug, Default)]
pub struct Organisations(BTreeMap<String, String>);

impl Organisations {
    /// By target: `auth0:acme.eu.auth0.com` is of `acme`.
    #[must_use]
    pub fn new(by_target: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(by_target.into_iter().collect())
    }

    /// Whose a finding is: the organisation of its target, else the target itself.
    fn of(&self, record: &FindingRecord) -> String {
        let target = record.finding.place.target.as_str();
        self.0.get(target).map_or_else(|| target.to_owned(), Clone::clone)
    }
}

/// A scan with everything that was known at one moment after it.
#[derive(Clone, Debug)]
pub struct View {
    /// What it covered.
    scanned: Outcome,
    /// Other targets too: a ticket holds all findings of one root cause, whichever scan saw them.
    known: Outcome,
    /// When the scan was over.
    over_at: Timestamp,
    /// What it changed, and when.
    changes: Changes,
    /// The last entry of the log that it takes into account.
    position: Option<String>,
    /// The decisions that it takes into account, by version.
    decisions: BTreeMap<Fingerprint, u64>,
    /// When the first waiver that holds now ends.
    holds_until: Option<Timestamp>,
}

impl View {
    /// Looks at a scan.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(
        store: &dyn Store,
        organisations: &Organisations,
        scan: &ScanRecord,
    ) -> Result<Self, StoreError> {
        Self::with(store, organisations, scan, |change| change.scan == scan.id).await
    }

    /// Looks at what a scan covered, with everything that changed there since a moment, whichever scan changed it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn since(
        store: &dyn Store,
        organisations: &Organisations,
        scan: &ScanRecord,
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        Self::with(store, organisations, scan, |change| change.at > since).await
    }

    /// Looks at a scan with the changes that count.
    async fn with(
        store: &dyn Store,
        organisations: &Organisations,
        scan: &ScanRecord,
        counts: impl Fn(&Transition) -> bool + Send,
    ) -> Result<Self, StoreError> {
        let scanned = targets(store, &scan.id).await?;
        // The log before the findings: what is added in between is in the findings, and asked for again.
        let Log { changes, days, position } = read_log(store, counts, &scanned).await?;
        let (decided, now) = (decided(store).await?, store.now().await?);
        let decisions = versions(&decided);
        let ends =
            decided.values().filter_map(|decision| decision.waiver.as_ref().map(|waiver| waiver.until));
        let holds_until = ends.filter(|until| *until > now).min();
        let mut rules = Rules::default();
        let mut findings = Vec::new();
        let mut others = Vec::new();
        for target in store.targets().await? {
            for record in store.target(&target).await?.findings {
                let change = changes.get(&record.finding.fingerprint).map(|(kind, _)| *kind);
                if !record.state.is_open() && change.is_none() {
                    continue;
                }
                let rule = rules.of(store, &record).await?;
                let organisation = organisations.of(&record);
                let list = if scanned.contains(&target) { &mut findings } else { &mut others };
                let decision = decided.get(&record.finding.fingerprint);
                let holds = |decision: &Decision| decision.holds(record.finding.severity, now).cloned();
                let waiver = decision.and_then(holds);
                let assignee = decision.and_then(|decision| decision.assignee.clone());
                let decided =
                    decision.is_some_and(Decision::was_waived) || assignee.as_deref().is_some_and(is_account);
                list.push(Arc::new(News { rule, organisation, change, record, waiver, assignee, decided }));
            }
        }
        let open = findings.iter().filter(|news| news.record.state.is_open()).count();
        let scanned = Outcome {
            scan: scan.id.clone(),
            scope: scan.scope.clone(),
            complete: scan.state == ScanState::Finished,
            not_assessed: scan.ended.values().sum(),
            findings,
            waiting: waiting(store).await?.len(),
            checks: scan.checks,
            unanswered: scan.unanswered,
            trend: trend(&days, open),
            only: None,
        };
        let known = scanned.findings.iter().cloned().chain(others).collect();
        let known = Outcome { findings: known, ..scanned.clone() };
        let over_at = scan.finished_at.unwrap_or(scan.created_at);
        Ok(Self { scanned, known, over_at, changes, position, decisions, holds_until })
    }

    /// Whether nothing has changed since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_fresh(&self, store: &dyn Store) -> Result<bool, StoreError> {
        if !store.transitions(self.position.as_deref(), 1).await?.is_empty() {
            return Ok(false);
        }
        let now = store.now().await?;
        Ok(self.holds_until.is_none_or(|until| now < until)
            && waiting(store).await?.len() == self.scanned.waiting
            && versions(&decided(store).await?) == self.decisions)
    }

    /// What the scan covered.
    #[must_use]
    pub const fn scanned(&self) -> &Outcome {
        &self.scanned
    }

    /// What is known of all targets.
    #[must_use]
    pub const fn known(&self) -> &Outcome {
        &self.known
    }

    /// When the scan was over; times to mend begin then.
    #[must_use]
    pub const fn over_at(&self) -> Timestamp {
        self.over_at
    }

    /// When the scan changed a finding; when it changed last where this scan did not.
    #[must_use]
    pub fn changed_at(&self, record: &FindingRecord) -> Timestamp {
        self.changes.get(&record.finding.fingerprint).map_or(record.changed_at, |(_, at)| *at)
    }

    /// What these routes want of the scan.
    #[must_use]
    pub fn wishes<'a>(&'a self, routes: &'a [Route]) -> Vec<Wish<'a>> {
        let by = |route: &'a Route| plan(self.outcome(route), std::slice::from_ref(route));
        routes.iter().flat_map(by).collect()
    }

    const fn outcome(&self, route: &Route) -> &Outcome {
        match route.to {
            Destination::Jira(_) => &self.known,
            Destination::Teams | Destination::Confluence(_) | Destination::Webhook => &self.scanned,
        }
    }

    /// A ticket that was asked for before, as it stands now; nothing when nothing of it is known any more. Findings that the
    /// route takes no more belong to it still: a ticket is closed by what is mended only.
    #[must_use]
    pub fn ticket<'a>(&'a self, route: &'a Route, subject: &Subject) -> Option<Wish<'a>> {
        let about = |news: &News| match subject {
            Subject::Finding(fingerprint) => news.record.finding.fingerprint == *fingerprint,
            Subject::Group(group) => {
                GroupId::derived(&news.record.finding.place.rule, &news.organisation) == *group
            }
            Subject::Summary(_)
            | Subject::Scan(_)
            | Subject::Digest(..)
            | Subject::Posture(_)
            | Subject::Change(..) => false,
        };
        let mut members: Vec<&News> =
            self.known.findings.iter().map(AsRef::as_ref).filter(|news| about(news)).collect();
        members.sort_by_key(|news| (news.record.triage.priority, news.record.finding.fingerprint.clone()));
        let shape = Shape::Ticket(members.clone());
        (!members.is_empty()).then(|| Wish { route, subject: subject.clone(), shape })
    }
}

fn versions(decided: &BTreeMap<Fingerprint, Decision>) -> BTreeMap<Fingerprint, u64> {
    decided.iter().map(|(fingerprint, decision)| (fingerprint.clone(), decision.version)).collect()
}

/// What was changed last of each finding, and when.
type Changes = BTreeMap<Fingerprint, (TransitionKind, Timestamp)>;

/// How many findings each day opened and closed, by its number since 1970.
type Days = BTreeMap<i64, (usize, usize)>;

/// What the log tells.
#[derive(Default)]
struct Log {
    /// The changes that count.
    changes: Changes,
    /// How many findings were opened and closed in what the scan covers, whichever scan saw it.
    days: Days,
    /// Its end.
    position: Option<String>,
}

async fn read_log(
    store: &dyn Store,
    counts: impl Fn(&Transition) -> bool + Send,
    scanned: &BTreeSet<TargetId>,
) -> Result<Log, StoreError> {
    let mut log = Log::default();
    loop {
        let page = store.transitions(log.position.as_deref(), PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.position.clone()) else { return Ok(log) };
        for entry in page {
            let entry = entry.transition;
            if scanned.contains(&entry.target) {
                log.note(&entry);
            }
            if counts(&entry) {
                log.changes.insert(entry.fingerprint, (entry.kind, entry.at));
            }
        }
        log.position = Some(last);
    }
}

impl Log {
    fn note(&mut self, entry: &Transition) {
        let (opened, closed) = match entry.kind {
            TransitionKind::Opened | TransitionKind::Reopened => (1, 0),
            TransitionKind::Resolved | TransitionKind::Withdrawn => (0, 1),
            TransitionKind::Changed => return,
        };
        let day = self.days.entry(entry.at.as_millis().div_euclid(DAY)).or_default();
        *day = (day.0 + opened, day.1 + closed);
    }
}

/// The last days on which something changed, from how many findings are open now back to when they were not.
fn trend(days: &Days, mut open: usize) -> Vec<Day> {
    let day = |(day, (opened, closed)): (&i64, &(usize, usize))| {
        let date = Timestamp::from_millis(day * DAY).date();
        let day = Day { date, opened: *opened, closed: *closed, open };
        open = (open + closed).saturating_sub(*opened);
        day
    };
    days.iter().rev().take(DAYS).map(day).collect()
}

/// What the scan looked at.
async fn targets(store: &dyn Store, scan: &ScanId) -> Result<BTreeSet<TargetId>, StoreError> {
    let mut targets = BTreeSet::new();
    let mut skip = 0;
    loop {
        let page = store.scan_jobs(scan, skip, PAGE).await?;
        if page.is_empty() {
            return Ok(targets);
        }
        skip += page.len() as u64;
        targets.extend(page.into_iter().filter_map(|job| Some(job.spec?.target)));
    }
}

/// Rules by the report that a finding was last taken from.
#[derive(Default)]
struct Rules {
    by_job: BTreeMap<JobId, BTreeMap<RuleId, Arc<Rule>>>,
}

impl Rules {
    async fn of(&mut self, store: &dyn Store, record: &FindingRecord) -> Result<Arc<Rule>, StoreError> {
        if !self.by_job.contains_key(&record.job) {
            let report = store.report(&record.job).await?;
            let rules = report.map(|report| report.rules).unwrap_or_default();
            let rules = rules.into_iter().map(|rule| (rule.id.clone(), Arc::new(rule))).collect();
            self.by_job.insert(record.job.clone(), rules);
        }
        let known = self.by_job.get(&record.job).and_then(|rules| rules.get(&record.finding.rule));
        Ok(known.cloned().unwrap_or_else(|| Arc::new(bare(record))))
    }
}

/// What is left of a rule whose report is no longer kept.
fn bare(record: &FindingRecord) -> Rule {
    Rule {
        id: record.finding.rule.clone(),
        aliases: Vec::new(),
        title: record.finding.title.clone(),
        severity: record.finding.severity,
        rationale: String::new(),
        remediation: checkmate_domain::Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_goes_back_from_what_is_open_now() {
        let number = |date: &str| format!("{date}T12:00:00Z").parse::<Timestamp>().unwrap().as_millis() / DAY;
        let days: Days = [("2026-11-20", (5, 0)), ("2026-11-21", (0, 2)), ("2026-11-27", (1, 3))]
            .map(|(date, counts)| (number(date), counts))
            .into();
        let told: Vec<_> = trend(&days, 1).into_iter().map(|day| (day.date, day.open)).collect();
        let of = |date: &str, open| (date.to_owned(), open);
        assert_eq!(told, [of("2026-11-27", 1), of("2026-11-21", 3), of("2026-11-20", 5)]);
        let many = (0..30).map(|day| (day, (1, 1))).collect();
        assert_eq!(trend(&many, 4).len(), DAYS);
    }
}

//! Reconcile: a pure function of what is known and what was reported to what changed.
//!
//! Everything is ordered by the store's sequence of attempts, not by arrival: for each (rule, resource) the newest attempt
//! that said something stands, so that late, duplicate, overlapping and partial reports are harmless.
//!
//! Next on the way of a finding: `crates/domain/src/lifecycle.rs`.

mod horizons;
mod plan;
mod reported;
mod rules;

#[cfg(test)]
mod model_test;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{
    Finding, FindingRecord, FindingState, Fingerprint, ReportFacts, ReportKind, RuleId, Statement,
    TargetHead, Transition, TransitionKind, Triaged,
};

pub use plan::{Plan, Speaker};
use reported::Reported;

/// Decides what a report changes.
#[must_use]
pub fn reconcile(
    speaker: &Speaker<'_>,
    report: &ReportFacts,
    head: &TargetHead,
    known: &[FindingRecord],
) -> Plan {
    let mut round = Round::new(speaker, report, head);
    round.known(known);
    round.plan()
}

/// The same, for a target that has more known findings than are held at once.
pub struct Round<'a> {
    speaker: &'a Speaker<'a>,
    report: &'a ReportFacts,
    before: &'a TargetHead,
    retired: BTreeSet<RuleId>,
    reported: Reported<'a>,
    changes: BTreeMap<Fingerprint, (FindingRecord, Option<TransitionKind>)>,
}

impl<'a> Round<'a> {
    /// Begins.
    #[must_use]
    pub fn new(speaker: &'a Speaker<'a>, report: &'a ReportFacts, head: &'a TargetHead) -> Self {
        let (retired, reported) = (rules::retired(report, head, speaker.seq), Reported::of(report));
        Self { speaker, report, before: head, retired, reported, changes: BTreeMap::new() }
    }

    /// Takes some of the known findings into account. Each must come, in any order; one that comes twice counts once.
    pub fn known(&mut self, records: &[FindingRecord]) {
        for record in records {
            let told = self.reported.take(&record.finding.fingerprint);
            if told.is_empty() {
                self.not_reported(record);
            }
            for position in told {
                self.reported(position, Some(record));
            }
        }
    }

    /// What changes, once every known finding has come.
    #[must_use]
    pub fn plan(mut self) -> Plan {
        for position in self.reported.left() {
            self.reported(position, None);
        }
        let mut plan = Plan { head: self.remembered(), ..Plan::default() };
        for (fingerprint, (record, kind)) in self.changes {
            plan.transitions.extend(kind.map(|kind| Transition {
                fingerprint,
                kind,
                rule: record.finding.rule.clone(),
                target: record.finding.place.target.clone(),
                scan: self.speaker.scan.clone(),
                job: self.speaker.job.clone(),
                seq: self.speaker.seq,
                at: self.speaker.at,
            }));
            plan.upserts.push(record);
        }
        plan
    }

    /// Whether a newer attempt has already spoken about the place of a finding.
    fn outdated(&self, finding: &Finding) -> bool {
        horizons::seen_at(self.before, &finding.place.rule, &finding.place.resource) > self.speaker.seq
    }

    fn reported(&mut self, position: usize, known: Option<&FindingRecord>) {
        let Some(finding) = self.report.findings.get(position).filter(|finding| !self.outdated(finding))
        else {
            return;
        };
        let triage = self.report.triage.get(position).cloned().unwrap_or_else(|| untriaged(finding));
        let change = match known {
            None => Some((self.opened(finding, triage), Some(TransitionKind::Opened))),
            Some(record) => self.seen_again(record, finding, triage),
        };
        if let Some(change) = change {
            self.changes.insert(finding.fingerprint.clone(), change);
        }
    }

    fn not_reported(&mut self, record: &FindingRecord) {
        if !record.state.is_open() || self.outdated(&record.finding) {
            return;
        }
        let place = &record.finding.place;
        let state = match self.report.kind {
            ReportKind::TargetGone => FindingState::Withdrawn,
            _ if self.retired.contains(&place.rule) => FindingState::Withdrawn,
            _ => match self.report.coverage.statement(&place.rule, &place.resource) {
                Statement::Ran => FindingState::Resolved,
                Statement::Gone => FindingState::Withdrawn,
                Statement::Unknown => return,
            },
        };
        self.close(record, state);
    }

    fn close(&mut self, record: &FindingRecord, state: FindingState) {
        let kind = if state == FindingState::Resolved {
            TransitionKind::Resolved
        } else {
            TransitionKind::Withdrawn
        };
        let closed = FindingRecord { state, changed_at: self.speaker.at, ..record.clone() };
        self.changes.insert(record.finding.fingerprint.clone(), (closed, Some(kind)));
    }

    fn opened(&self, finding: &Finding, triage: Triaged) -> FindingRecord {
        FindingRecord {
            finding: finding.clone(),
            key_id: self.speaker.key_id.clone(),
            triage,
            state: FindingState::Open,
            job: self.speaker.job.clone(),
            first_scan: self.speaker.scan.clone(),
            first_seen: self.speaker.at,
            changed_at: self.speaker.at,
            reopened: 0,
        }
    }

    fn seen_again(
        &self,
        record: &FindingRecord,
        finding: &Finding,
        triage: Triaged,
    ) -> Option<(FindingRecord, Option<TransitionKind>)> {
        let reopened = !record.state.is_open();
        let reweighed =
            record.finding.severity != finding.severity || record.triage.priority != triage.priority;
        let kind = match (reopened, reweighed) {
            (true, _) => Some(TransitionKind::Reopened),
            (false, true) => Some(TransitionKind::Changed),
            (false, false) => None,
        };
        let updated = FindingRecord {
            finding: finding.clone(),
            key_id: self.speaker.key_id.clone(),
            triage,
            state: if reopened { FindingState::Reopened } else { record.state },
            changed_at: if kind.is_some() { self.speaker.at } else { record.changed_at },
            reopened: record.reopened + u32::from(reopened),
            job: record.job.clone(),
            first_scan: record.first_scan.clone(),
            first_seen: record.first_seen,
        };
        (updated != *record).then(|| (FindingRecord { job: self.speaker.job.clone(), ..updated }, kind))
    }

    fn remembered(&self) -> TargetHead {
        let (seq, mut head) = (self.speaker.seq, self.before.clone());
        match self.report.kind {
            ReportKind::TargetGone => head.gone_seq = head.gone_seq.max(seq),
            ReportKind::Whole => rules::remember(&mut head, self.report, seq),
            ReportKind::Part => {}
        }
        horizons::remember(&mut head, self.report, seq);
        head
    }
}

/// A report without verdicts comes from a scanner that was run past triage; severity alone decides then.
fn untriaged(finding: &Finding) -> Triaged {
    checkmate_triage::score(finding.severity, finding.exposure)
}

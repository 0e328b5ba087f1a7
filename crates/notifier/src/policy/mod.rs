//! Which findings go where, as the configuration says; pure.
//!
//! [`Route`]s are asked one by one: each takes the findings that fit it and says in what form they go out. [`plan`] turns the
//! news of one scan into [`Wish`]es, which say how the outside should look. What is there already, the ledger knows: a wish
//! that is fulfilled is no delivery.

mod calendar;
mod hours;
mod plan;
#[cfg(test)]
mod tests;
mod tickets;

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{
    FindingRecord, Priority, Rule, RuleId, ScanId, Scope, Severity, Subject, Timestamp, TransitionKind,
    Waiver,
};

pub use calendar::{Cadence, CalendarError};
pub use hours::{Quiet, is_always_quiet, quiet_until};
pub use plan::plan;
pub use tickets::{FieldText, FieldTextError, OURS, Owner, OwnerError, Whose, assigned, is_account};

/// Where some findings go, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name in the configuration; part of the id of each delivery by it.
    pub name: String,
    /// Which findings it takes.
    pub when: When,
    /// Where to.
    pub to: Destination,
    /// When.
    pub timing: Timing,
}

/// Which findings a route takes: all that fit every part. An empty list fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// From which severity on; all when not set.
    pub least_severity: Option<Severity>,
    /// Up to which priority; all when not set.
    pub least_priority: Option<Priority>,
    /// Targets, whole or with a `*` at the end.
    pub targets: Vec<String>,
    /// Rules, whole or by the beginning of their ids up to a dot.
    pub rules: Vec<String>,
    /// Scopes of scans, whole or with a `*` at the end.
    pub scopes: Vec<String>,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Tickets.
    Jira(Jira),
    /// Cards, and one at once for what is new and urgent.
    Teams,
    /// A page of how things stand, and one for each scan.
    Confluence(Pages),
    /// Events of our own.
    Webhook,
}

/// What stands on pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Whether files may be put on them.
    pub files: bool,
}

/// When messages go out: cards, and events. Tickets and pages wake nobody, and are kept as things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Hours in which none does; what falls into them waits for their end.
    pub quiet: Vec<Quiet>,
    /// Whether the card for what is urgent waits too.
    pub urgent_waits: bool,
    /// When the digests of all scans since the time before become one; one for each scan when not set.
    pub digest: Option<Cadence>,
}

/// How tickets are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jira {
    /// The key of the project.
    pub project: String,
    /// The name of the issue type.
    pub issue_type: String,
    /// Labels besides our own.
    pub labels: Vec<String>,
    /// Whether one ticket holds all findings of one root cause.
    pub per_group: bool,
    /// New tickets of one scan; what is beyond goes into one summary.
    pub most_new: usize,
    /// What else stands in a new ticket.
    pub fields: Vec<FieldText>,
    /// Whose a new ticket is: the first that fits.
    pub owners: Vec<Owner>,
    /// Days to mend by priority, P1 first; no due date where none is set.
    pub due_days: [Option<u16>; 4],
    /// What comes of a ticket that a person ends because nobody is going to mend it; looked at again like any other when not
    /// set.
    pub wont_do: Option<WontDo>,
    /// What a person has to approve first.
    pub approve: Approve,
}

/// What waits for a person. Nothing unless it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approve {
    /// The first tickets in a project.
    pub first_use: bool,
    /// Tickets of their own for what is beyond the most of one scan.
    pub many_new: bool,
    /// Closing more tickets than this after one scan.
    pub most_closing: Option<usize>,
    /// Days after which it is too late to say nothing.
    pub days: u16,
}

impl Approve {
    /// How long a person has to decide.
    #[must_use]
    pub fn valid(&self) -> Duration {
        Duration::from_secs(u64::from(self.days) * 86_400)
    }
}

/// "Won't do" on a ticket accepts its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WontDo {
    /// Up to this severity.
    pub cap: Severity,
    /// For so many days.
    pub days: u16,
}

/// A finding of a scan, open or just closed.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// As it is kept.
    pub record: FindingRecord,
    /// Its rule, as the report had it; the same for all findings of it.
    pub rule: Arc<Rule>,
    /// Whose it is.
    pub organisation: String,
    /// What this scan changed; nothing when it is as before.
    pub change: Option<TransitionKind>,
    /// Why it is left as it is, while that holds.
    pub waiver: Option<Waiver>,
    /// Who is to mend it, as a person said.
    pub assignee: Option<String>,
    /// Whether people decided ever to leave it as it is, took that back, or gave it to an account: its ticket may have to
    /// follow.
    pub decided: bool,
}

/// One scan, over.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which.
    pub scan: ScanId,
    /// Over what.
    pub scope: Scope,
    /// Whether everything was looked at.
    pub complete: bool,
    /// Jobs that ended without an answer.
    pub not_assessed: u64,
    /// Its findings.
    pub findings: Vec<Arc<News>>,
    /// Approvals that wait for a person, whichever scan asked.
    pub waiting: usize,
    /// Checks that were asked.
    pub checks: u64,
    /// Of these, how many got no answer, wholly or for some of what they were asked of.
    pub unanswered: u64,
    /// The last days on which something of what it covers changed, the latest first.
    pub trend: Vec<Day>,
    /// Which of its findings are told, in words, where that is not all of them.
    pub only: Option<String>,
}

/// What one day changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which, as in 2026-11-27, in UTC.
    pub date: String,
    /// Findings that were new, or came back.
    pub opened: usize,
    /// Findings that were mended, or went away with what they were in.
    pub closed: usize,
    /// Open at its end, what was accepted among them.
    pub open: usize,
}

impl Outcome {
    /// As a route tells it. Its findings are not with it: they come with the wish.
    #[must_use]
    pub fn told_by(&self, route: &Route) -> Self {
        Self {
            scan: self.scan.clone(),
            scope: self.scope.clone(),
            complete: self.complete,
            not_assessed: self.not_assessed,
            findings: Vec::new(),
            waiting: self.waiting,
            checks: self.checks,
            unanswered: self.unanswered,
            trend: self.trend.clone(),
            only: route.when.words(),
        }
    }
}

/// How something on the outside should look.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish<'a> {
    /// By which route.
    pub route: &'a Route,
    /// What it is about.
    pub subject: Subject,
    /// As what.
    pub shape: Shape<'a>,
}

/// What a wish is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape<'a> {
    /// A ticket with these findings, worst first; to be closed when none is open.
    Ticket(Vec<&'a News>),
    /// One ticket that lists what was too many for tickets of their own.
    Summary(Vec<&'a News>),
    /// A card at once, for all that is new and cannot wait.
    Urgent(Vec<&'a News>),
    /// The scan in one message.
    Digest(Vec<&'a News>),
    /// How the scope stands.
    Posture(Vec<&'a News>),
    /// The page of the scan.
    ScanPage(Vec<&'a News>),
    /// An event about one finding.
    Event(&'a News),
}

impl Route {
    /// Until when nothing may be said about a subject; nothing when it may be now.
    #[must_use]
    pub fn quiet_until(&self, subject: &Subject, now: Timestamp) -> Option<Timestamp> {
        // What is urgent of a scan is told in its summary.
        match (&self.to, subject) {
            (Destination::Jira(_) | Destination::Confluence(_), _) => None,
            (Destination::Teams, Subject::Summary(_)) if !self.timing.urgent_waits => None,
            (Destination::Teams | Destination::Webhook, _) => quiet_until(&self.timing.quiet, now),
        }
    }

    /// When its digests are due, where that is not after each scan.
    #[must_use]
    pub const fn cadence(&self) -> Option<&Cadence> {
        match &self.to {
            Destination::Teams => self.timing.digest.as_ref(),
            Destination::Jira(_) | Destination::Confluence(_) | Destination::Webhook => None,
        }
    }
}

impl When {
    /// Whether it takes what scans of a scope tell.
    #[must_use]
    pub fn covers(&self, scope: &Scope) -> bool {
        let scope = scope.to_string();
        self.scopes.is_empty() || self.scopes.iter().any(|pattern| fits(pattern, &scope))
    }

    /// Which findings it takes, in words: `P1 to P2; rules auth0.actions`. Nothing where it takes all.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let priority = self.least_priority.map(|least| match least {
            Priority::P1 => "P1".to_owned(),
            least => format!("P1 to {least}"),
        });
        let severity = self.least_severity.map(|least| format!("severity {least} and above"));
        let rules = (!self.rules.is_empty()).then(|| format!("rules {}", self.rules.join(", ")));
        let targets = (!self.targets.is_empty()).then(|| format!("targets {}", self.targets.join(", ")));
        let parts: Vec<String> = [priority, severity, rules, targets].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Whether it takes a finding.
    #[must_use]
    pub fn takes(&self, news: &News) -> bool {
        let finding = &news.record.finding;
        let target = finding.place.target.as_str();
        self.least_severity.is_none_or(|least| finding.severity >= least)
            && self.least_priority.is_none_or(|least| news.record.triage.priority <= least)
            && (self.targets.is_empty() || self.targets.iter().any(|pattern| fits(pattern, target)))
            && (self.rules.is_empty() || self.rules.iter().any(|rule| names(rule, &finding.rule)))
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == pattern,
    }
}

/// Whether a rule is named, or its group is.
fn names(word: &str, rule: &RuleId) -> bool {
    rule.as_str().strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl News {
    /// Whether somebody has to act.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.record.state.is_open() && self.waiver.is_none()
    }

    /// Whether it was not open before this scan.
    #[must_use]
    pub fn is_new(&self) -> bool {
        matches!(self.change, Some(TransitionKind::Opened | TransitionKind::Reopened))
    }
}

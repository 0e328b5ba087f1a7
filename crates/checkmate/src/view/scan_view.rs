//! One scan and what it says: what to do first, what else is open, what could not be looked at, what to try next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use checkmate_domain::{CheckOutcome, FindingRecord, JobKind, NotAssessed, Rule, RuleId, TargetId};
use checkmate_store::{ScanRecord, ScanState, Store, StoreError, decided};
use serde::Serialize;

use crate::view::progress::{self, TargetLine};
use crate::view::waits::{self, Waiting};
use crate::view::{Paint, Show, by_urgency, count, plain, scans, whole, wrap};

/// Jobs whose reports are read for the details.
const DETAILED: u64 = 500;
/// Findings shown whole.
const FIRST: usize = 3;
/// Findings shown as a line.
const LINES: usize = 20;

/// A scan with its results.
#[derive(Debug, Serialize)]
pub struct ScanView {
    /// The version of this form.
    pub schema: &'static str,
    /// The scan.
    pub scan: ScanRecord,
    /// Every answer, by target.
    pub checks: Vec<Check>,
    /// Open findings of its targets, most urgent first.
    pub findings: Vec<FindingRecord>,
    /// Open findings that are left as they are, which are not among them.
    pub accepted: usize,
    /// Jobs that ended without a result, with the reason.
    pub not_assessed: Vec<Unanswered>,
    /// Reports beyond the first so many were not read for this view.
    pub details_of_jobs: u64,
    /// How long the rest may take, in milliseconds, while that can be said.
    pub eta_ms: Option<u64>,
    /// What jobs that are not over wait for, when it is more than their turn; the most first.
    pub waiting: Vec<Waiting>,
    /// Where each of the first so many jobs stands.
    pub targets: Vec<TargetLine>,
    #[serde(skip)]
    pub(crate) rules: BTreeMap<RuleId, Rule>,
}

/// One answer.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Of which target.
    pub target: TargetId,
    /// To which rule.
    pub rule: RuleId,
    /// The answer.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
    /// Resources it could not be asked of.
    pub unseen: Vec<(String, NotAssessed)>,
}

/// A job without a result.
#[derive(Debug, Serialize)]
pub struct Unanswered {
    /// What it was to scan.
    pub target: String,
    /// Why it did not.
    pub reason: String,
}

impl ScanView {
    /// Whether something that is there could not be looked at, or no question got an answer at all. What an export does not
    /// hold, or holds masked, is said and is no failure of the scan.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        let hindered =
            |why: &NotAssessed| !matches!(why, NotAssessed::NotExported(_) | NotAssessed::Unknown(_));
        let answered = |check: &Check| !matches!(check.outcome, CheckOutcome::NotAssessed { .. });
        self.checks.iter().any(|check| {
            let outcome = matches!(&check.outcome, CheckOutcome::NotAssessed { why } if hindered(why));
            outcome || check.unseen.iter().any(|(_, why)| hindered(why))
        }) || !self.checks.is_empty() && !self.checks.iter().any(answered)
    }
}

/// Reads a scan's results.
///
/// # Errors
/// When the store does not answer.
pub async fn collect(store: &dyn Store, scan: &ScanRecord) -> Result<ScanView, StoreError> {
    let mut view = ScanView {
        schema: "checkmate.scan/1",
        scan: scan.clone(),
        checks: Vec::new(),
        findings: Vec::new(),
        accepted: 0,
        not_assessed: Vec::new(),
        details_of_jobs: DETAILED,
        eta_ms: None,
        waiting: Vec::new(),
        targets: Vec::new(),
        rules: BTreeMap::new(),
    };
    let mut targets = std::collections::BTreeSet::new();
    let (jobs, now) = (store.scan_jobs(&scan.id, 0, DETAILED).await?, store.now().await?);
    view.targets = jobs.iter().filter_map(|job| TargetLine::new(job, now)).collect();
    if !scan.state.is_final() {
        view.waiting = waits::of(&jobs, now);
    }
    if scan.total < DETAILED && !scan.state.is_final() {
        let eta = progress::eta_of(scan, &jobs, now);
        view.eta_ms = eta.and_then(|left| u64::try_from(left.as_millis()).ok());
    }
    for job in jobs {
        let target = job.spec.as_ref().map(|spec| spec.target.clone());
        if let Some(end) = &job.end
            && job.kind == JobKind::Scan
        {
            let target = target.as_ref().map(ToString::to_string).unwrap_or_default();
            view.not_assessed.push(Unanswered { target, reason: end.to_string() });
        }
        let Some(target) = target else { continue };
        if let Some(report) = store.report(&job.id).await? {
            view.checks.extend(report.checks.into_iter().map(|check| Check {
                target: target.clone(),
                rule: check.rule,
                outcome: check.outcome,
                unseen: check.unseen,
            }));
            view.rules.extend(report.rules.into_iter().map(|rule| (rule.id.clone(), rule)));
        }
        targets.insert(target);
    }
    for target in targets {
        view.findings.extend(store.target(&target).await?.findings);
    }
    let decided = decided(store).await?;
    view.findings.retain(|record| record.state.is_open());
    let open = view.findings.len();
    view.findings.retain(|record| {
        let decision = decided.get(&record.finding.fingerprint);
        decision.and_then(|decision| decision.holds(record.finding.severity, now)).is_none()
    });
    view.accepted = open - view.findings.len();
    by_urgency(&mut view.findings);
    Ok(view)
}

/// For people.
#[must_use]
pub fn text(view: &ScanView, show: Show<'_>) -> String {
    let Show { program, color } = show;
    let paint = Paint(color);
    let mut text = head(view, paint);
    if view.scan.state == ScanState::Failed {
        let why = view.scan.error.as_deref().unwrap_or("the reason is not known");
        let _ = writeln!(text, "\n  {}", paint.warn(&wrap(&plain(why, 600), 2, 100)));
    }
    if !view.scan.state.is_final() {
        under_way(view, paint, &mut text);
    }
    first(view, program, paint, &mut text);
    rest(view, program, paint, &mut text);
    not_looked_at(view, program, paint, &mut text);
    next(view, program, paint, &mut text);
    text
}

fn head(view: &ScanView, paint: Paint) -> String {
    let scan = &view.scan;
    let took = scan.finished_at.map(|at| format!(" in {:.1} s", at.since(scan.created_at).as_secs_f64()));
    let mut text = format!(
        "{} {}{}\n",
        paint.bold(&scan.scope.to_string()),
        scan.state.as_str(),
        took.unwrap_or_default()
    );
    let total = count(usize::try_from(scan.total).unwrap_or(usize::MAX), "job");
    let _ = writeln!(
        text,
        "{}",
        paint.dim(&format!(
            "scan {}, {}, {} of {total} done",
            scan.id,
            plain(&scan.trigger.to_string(), 100),
            scan.done
        ))
    );
    let tally = |word: &str| view.checks.iter().filter(|check| check.outcome.word() == word).count();
    if !view.checks.is_empty() {
        let _ = writeln!(
            text,
            "\n{}: {} passed, {} failed, {} not applicable, {} not assessed",
            count(view.checks.len(), "check"),
            tally("passed"),
            tally("failed"),
            tally("not-applicable"),
            tally("not-assessed"),
        );
        let accepted = match view.accepted {
            0 => String::new(),
            accepted => format!(" and {accepted} accepted"),
        };
        let _ = writeln!(
            text,
            "{}, {} opened and {} resolved by this scan",
            count(view.findings.len(), "open finding") + &accepted,
            view.scan.opened,
            view.scan.resolved
        );
    }
    text
}

/// How far it is and what its targets are doing: those that run first, the others by number.
fn under_way(view: &ScanView, paint: Paint, text: &mut String) {
    let eta = view.eta_ms.map(Duration::from_millis);
    let _ = writeln!(text, "\n{}  {}", paint.bold("Under way"), scans::progress(&view.scan, eta));
    let (runs, others): (Vec<_>, Vec<_>) = view.targets.iter().partition(|line| line.state == "running");
    for line in runs.iter().take(LINES) {
        let _ = writeln!(text, "  {}", line.text());
    }
    if runs.len() > LINES {
        let _ = writeln!(text, "  … and {} more running", runs.len() - LINES);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in others {
        *counts.entry(line.state).or_default() += 1;
    }
    for one in view.waiting.iter().take(FIRST) {
        let until = one.until.map(|at| format!(" (tried again at {at})")).unwrap_or_default();
        let said = wrap(&(one.text() + &until), 4, 105);
        let _ = writeln!(text, "  {}", paint.warn(&said));
    }
    if !counts.is_empty() {
        let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let _ = writeln!(text, "  {}", paint.dim(&counts.join(", ")));
    }
}

fn first(view: &ScanView, program: &str, paint: Paint, text: &mut String) {
    if view.findings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.bold("What to do first"));
    for (position, record) in view.findings.iter().take(FIRST).enumerate() {
        let finding = &record.finding;
        let _ = writeln!(
            text,
            "\n{}. {}  {}",
            position + 1,
            paint.priority(record.triage.priority),
            paint.bold(&plain(&finding.title, 100))
        );
        let place = format!("{} in {}", plain(&finding.resource_name, 60), finding.place.target);
        let mut line = |word: &str, what: &str| {
            let _ = writeln!(text, "   {:<6}{}", word, wrap(&plain(what, 700), 9, 95));
        };
        line("where", &place);
        line("seen", &format!("{} at {}", finding.evidence.seen, finding.evidence.pointer));
        if let Some(rule) = view.rules.get(&finding.rule) {
            line("why", &rule.rationale);
            line("fix", &rule.remediation.summary);
        }
        line("when", &record.triage.reason);
        let _ = writeln!(text, "   {}", paint.dim(&format!("{program} findings show {}", short(record))));
    }
}

fn rest(view: &ScanView, program: &str, paint: Paint, text: &mut String) {
    let rest = view.findings.get(FIRST..).unwrap_or_default();
    if rest.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.bold("Also open"));
    for record in rest.iter().take(LINES) {
        let finding = &record.finding;
        let _ = writeln!(
            text,
            "  {}  {:<8}  {:<60}  {}",
            paint.priority(record.triage.priority),
            finding.severity,
            plain(&finding.title, 60),
            paint.dim(&plain(&finding.resource_name, 30)),
        );
    }
    if rest.len() > LINES {
        let _ = writeln!(text, "  … and {} more: {program} findings list", rest.len() - LINES);
    }
}

fn not_looked_at(view: &ScanView, program: &str, paint: Paint, text: &mut String) {
    let lines = unanswered(view);
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{} {}", paint.bold("Not looked at"), paint.dim("(never counted as fine)"));
    for line in lines.iter().take(LINES) {
        let _ = writeln!(text, "  {}", wrap(&whole(line), 4, 105));
    }
    if lines.len() > LINES {
        let _ = writeln!(
            text,
            "  … and {} more: {program} scans show {} --format json",
            lines.len() - LINES,
            view.scan.id
        );
    }
}

/// What got no answer, one line for each cause.
fn unanswered(view: &ScanView) -> Vec<String> {
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    let mut note = |what: String, why: String| match causes.iter_mut().find(|(cause, _)| *cause == why) {
        Some((_, all)) => all.push(what),
        None => causes.push((why, vec![what])),
    };
    for check in &view.checks {
        let whole = match &check.outcome {
            CheckOutcome::NotAssessed { why } => Some(why),
            _ => None,
        };
        if let Some(why) = whole {
            note(check.rule.to_string(), why.to_string());
        }
        // What is named as a whole is not named again for each place.
        for (resource, why) in check.unseen.iter().filter(|(_, why)| Some(why) != whole) {
            note(format!("{} at {resource}", check.rule), why.to_string());
        }
    }
    for job in &view.not_assessed {
        note(job.target.clone(), job.reason.clone());
    }
    causes.into_iter().map(|(why, what)| format!("{}: {why}", some_of(&what))).collect()
}

/// The first few, and how many more there are.
fn some_of(all: &[String]) -> String {
    const FEW: usize = 3;
    let mut seen = BTreeSet::new();
    let all: Vec<&str> = all.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect();
    let named = all.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(FEW) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn next(view: &ScanView, program: &str, paint: Paint, text: &mut String) {
    let id = view.scan.id.as_str().chars().take(10).collect::<String>();
    let mut commands = Vec::new();
    if let Some(record) = view.findings.first() {
        commands
            .push((format!("findings show {}", short(record)), "evidence, fix and history of one finding"));
        commands.push(("findings list".to_owned(), "everything that is open"));
    }
    commands.push((format!("scans show {id}"), "this again; --format json for machines"));
    commands.push(("scan path:DIR".to_owned(), "your own tenant: the folder that 'a0deploy export' wrote"));
    let _ = writeln!(text, "\n{}", paint.bold("Next"));
    for (command, what) in commands {
        let _ = writeln!(text, "  {program} {command:<26}  {}", paint.dim(what));
    }
}

/// Enough of a fingerprint to type.
#[must_use]
pub fn short(record: &FindingRecord) -> String {
    record.finding.fingerprint.as_str().chars().take(11).collect()
}

#[cfg(test)]
mod tests {
    use super::some_of;

    #[test]
    fn many_with_one_cause_are_a_few_names_and_a_count() {
        let names = |count: usize| (0..count).map(|n| format!("r{n}")).collect::<Vec<_>>();
        assert_eq!(some_of(&names(1)), "r0");
        assert_eq!(some_of(&names(3)), "r0, r1, r2");
        assert_eq!(some_of(&names(5)), "r0, r1, r2 and 2 more");
        assert_eq!(some_of(&["r0", "r1", "r0"].map(str::to_owned)), "r0, r1");
    }
}

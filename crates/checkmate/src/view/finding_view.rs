//! Findings as lines, and one with everything a person needs to act.

use std::fmt::Write;

use checkmate_domain::{NoteKind, Waiver};

use crate::commands::{Listed, ListedFinding, Shown};
use crate::view::scan_view::short;
use crate::view::{Paint, count, plain, wrap};

/// A table of findings.
#[must_use]
pub(crate) fn list(listed: &Listed, all: bool, color: bool) -> String {
    let hidden = match listed.accepted {
        0 => String::new(),
        accepted => format!("; {accepted} accepted, which --all shows"),
    };
    if listed.findings.is_empty() {
        let more = if all { "" } else { "; --all shows resolved, withdrawn and accepted ones" };
        return format!("no findings{more}\n");
    }
    let paint = Paint(color);
    let head = format!(
        "{:<11}  {:<2}  {:<8}  {:<14}  {:<56}  {}",
        "finding", "", "severity", "state", "what", "where"
    );
    let mut text = paint.bold(&head) + "\n";
    for found in &listed.findings {
        let _ = writeln!(text, "{}", line(found, paint));
    }
    let _ = writeln!(text, "{}", paint.dim(&(count(listed.findings.len(), "finding") + &hidden)));
    text
}

fn line(found: &ListedFinding, paint: Paint) -> String {
    let (record, finding) = (&found.record, &found.record.finding);
    let state = match &found.waiver {
        Some(waiver) if record.state.is_open() => waiver.kind.as_str(),
        _ => record.state.as_str(),
    };
    let who = found.assignee.as_ref().map_or_else(String::new, |who| format!(", {}", plain(who, 30)));
    format!(
        "{:<11}  {}  {:<8}  {:<14}  {:<56}  {} in {}{who}",
        short(record),
        paint.priority(record.triage.priority),
        finding.severity,
        state,
        plain(&finding.title, 56),
        plain(&finding.resource_name, 30),
        finding.place.target,
    )
}

/// One finding, whole.
#[must_use]
pub(crate) fn show(shown: &Shown, color: bool) -> String {
    let paint = Paint(color);
    let record = &shown.record;
    let finding = &record.finding;
    let mut text =
        format!("{}  {}\n", paint.priority(record.triage.priority), paint.bold(&plain(&finding.title, 200)));
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {:<12}{}", word, wrap(&plain(what, 2_000), 14, 92));
    };
    line("state", &format!("{}, since {}", record.state.as_str(), record.changed_at));
    if let Some(decision) = &shown.decision {
        if let Some(waiver) = &decision.waiver {
            line(if shown.accepted { "left as is" } else { "was left" }, &left(waiver, shown.accepted));
        }
        if let Some(who) = &decision.assignee {
            line("assigned to", who);
        }
    }
    line("severity", finding.severity.as_str());
    line("when", &record.triage.reason);
    line("where", &format!("{} in {}", finding.resource_name, finding.place.target));
    line("seen", &format!("{} at {}", finding.evidence.seen, finding.evidence.pointer));
    line("expected", &finding.evidence.expected);
    line("rule", finding.rule.as_str());
    if let Some(rule) = &shown.rule {
        line("why", &rule.rationale);
        line("fix", &rule.remediation.summary);
        for (number, step) in rule.remediation.steps.iter().enumerate() {
            line("", &format!("{}. {step}", number + 1));
        }
        for reference in &rule.references {
            line("read", &format!("{} {}", reference.title, reference.url));
        }
    }
    line("fingerprint", &format!("{} (key {})", finding.fingerprint, record.key_id));
    for transition in &shown.history {
        let kind = format!("{:?}", transition.kind).to_lowercase();
        line("history", &format!("{} {kind} by scan {}", transition.at, transition.scan));
    }
    for note in shown.decision.iter().flat_map(|decision| &decision.notes) {
        let did = match note.kind {
            NoteKind::Accepted => "left it as it is",
            NoteKind::Reopened => "took that back",
            NoteKind::Assigned => "gave it to",
            NoteKind::Comment => "said",
        };
        line("note", &format!("{} {} {did}: {}", note.at, note.by, note.text));
    }
    text
}

fn left(waiver: &Waiver, holds: bool) -> String {
    let over = if holds { "" } else { "; it holds no longer, as that is past or the finding got worse" };
    format!(
        "{} until {} at {} severity, {} answers for it: {}{over}",
        waiver.kind.as_str(),
        waiver.until,
        waiver.cap,
        waiver.owner,
        waiver.reason
    )
}

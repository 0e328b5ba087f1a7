//! The report for a terminal: what to do, worst first; what could not be looked at; what is fine in one line.

use std::collections::BTreeMap;
use std::fmt::Write;

use checkmate_domain::CheckOutcome;

use super::{Told, clean, reason};
use crate::view::{Paint, Show, count, plain};

/// Findings of a rule that are shown; the rest is counted.
const SHOWN: usize = 3;
/// Reasons that are shown.
const REASONS: usize = 8;

/// The report as text.
#[must_use]
pub fn table(told: &Told<'_>, show: Show<'_>) -> String {
    let paint = Paint(show.color);
    let mut text = String::new();
    let counts = told.counts();
    let _ = writeln!(text, "{}", paint.bold(&clean(told.report.target.as_str())));
    let _ = writeln!(
        text,
        "{}; {} passed, {} failed, {} not assessed, {} not applicable; {}\n",
        count(told.report.findings.len(), "finding"),
        counts.passed,
        counts.failed,
        counts.not_assessed,
        counts.not_applicable,
        counts.coverage_words(),
    );
    if let Some(before) = &told.baseline {
        let since = before.since(told.report);
        let _ = writeln!(
            text,
            "since the report before: {} new, {}, {} mended or gone, {} not looked at this time\n",
            told.report.findings.len() - since.still,
            since.still_words(),
            since.mended.len(),
            since.not_looked_at.len()
        );
    }
    findings(&mut text, told, paint);
    not_assessed(&mut text, told);
    if told.report.findings.is_empty() && counts.not_assessed == 0 {
        text.push_str("nothing was found, and everything that applies was looked at\n");
    }
    let _ = writeln!(text, "more about a rule: {} rules show RULE", show.program);
    text
}

fn findings(text: &mut String, told: &Told<'_>, paint: Paint) {
    let mut by_rule: Vec<(&str, Vec<_>)> = Vec::new();
    for finding in told.findings() {
        match by_rule.iter_mut().find(|(rule, _)| *rule == finding.rule.as_str()) {
            Some((_, list)) => list.push(finding),
            None => by_rule.push((finding.rule.as_str(), vec![finding])),
        }
    }
    for (rule, list) in by_rule {
        let Some(first) = list.first() else { continue };
        let severity = format!("{:<8}", first.severity.to_string());
        let _ = writeln!(
            text,
            "{} {} {}",
            paint.severity(first.severity, &severity),
            plain(&first.title, 90),
            paint.dim(rule)
        );
        for finding in list.iter().take(SHOWN) {
            let change = told.change_word(finding).map_or_else(String::new, |word| format!(" ({word})"));
            let seen = plain(&clean(&finding.evidence.seen), 60);
            let _ =
                writeln!(text, "           {}: {seen}{change}", plain(&clean(&finding.resource_name), 50));
        }
        if list.len() > SHOWN {
            let _ = writeln!(text, "           and {} more", list.len() - SHOWN);
        }
        if let Some(rule) = told.rule(&first.rule) {
            let _ =
                writeln!(text, "           {} {}", paint.dim("fix:"), plain(&rule.remediation.summary, 110));
        }
    }
    if !told.report.findings.is_empty() {
        text.push('\n');
    }
}

/// Reasons with the number of checks that each stops, most first.
fn not_assessed(text: &mut String, told: &Told<'_>) {
    let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
    for check in &told.report.checks {
        if matches!(check.outcome, CheckOutcome::NotAssessed { .. })
            && let Some(reason) = reason(&check.outcome)
        {
            *by_reason.entry(reason).or_default() += 1;
        }
    }
    if by_reason.is_empty() {
        return;
    }
    let mut reasons: Vec<(String, usize)> = by_reason.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    text.push_str("could not be looked at:\n");
    for (reason, checks) in reasons.iter().take(REASONS) {
        let _ = writeln!(text, "  {:>4} {}", count(*checks, "check"), plain(reason, 100));
    }
    if reasons.len() > REASONS {
        let _ =
            writeln!(text, "       and {} more reasons: --format json has them all", reasons.len() - REASONS);
    }
    text.push('\n');
}

//! The report as one HTML page: no network, no script, fit for paper and for a phone.

use std::fmt::Write;

use checkmate_domain::{CheckOutcome, CheckResult, Severity};

use super::before::Since;
use super::{Told, clean, reason};

const STYLE: &str = include_str!("style.css");
const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Moderate, Severity::Low, Severity::Info];

/// Findings of before that are named; the rest is counted.
const MOST_BEFORE: usize = 100;

/// The report as a page.
#[must_use]
pub fn html(told: &Told<'_>) -> String {
    let mut page = String::new();
    let (target, counts) = (escape(told.report.target.as_str()), told.counts());
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>CheckMate: {target}</title><style>{STYLE}</style></head><body>\n\
         <header><h1>{target}</h1><p>Scanned on {}</p></header>\n",
        escape(&told.finished_at.to_string())
    );
    summary(&mut page, told);
    chart(&mut page, told);
    if let Some(before) = &told.baseline {
        compare(&mut page, told, &before.since(told.report));
    }
    findings(&mut page, told);
    unanswered(&mut page, told, "What could not be looked at", |outcome| {
        matches!(outcome, CheckOutcome::NotAssessed { .. })
    });
    partly(&mut page, told);
    unanswered(&mut page, told, "What does not apply", |outcome| {
        matches!(outcome, CheckOutcome::NotApplicable { .. })
    });
    let passed = told.report.checks.iter().filter(|check| check.outcome == CheckOutcome::Passed);
    let _ = write!(page, "<section><h2>Looked at and fine ({})</h2><ul class=\"fine\">", counts.passed);
    for check in passed {
        let title = told.rule(&check.rule).map_or("", |rule| rule.title.as_str());
        let _ = write!(page, "<li>{} <code>{}</code></li>", escape(title), escape(check.rule.as_str()));
    }
    page.push_str("</ul></section>\n</body></html>\n");
    page
}

fn summary(page: &mut String, told: &Told<'_>) {
    let counts = told.counts();
    let tile = |number: String, words: &str| {
        format!("<div class=\"tile\"><b>{number}</b><span>{words}</span></div>")
    };
    page.push_str("<section class=\"tiles\">");
    for severity in SEVERITIES {
        page.push_str(&tile(of(told, severity).to_string(), &severity.to_string()));
    }
    match counts.coverage() {
        Some(share) => page.push_str(&tile(format!("{share} %"), "of what applies was looked at")),
        None => page.push_str(&tile("–".to_owned(), "no check applies here")),
    }
    page.push_str(&tile(counts.not_assessed.to_string(), "checks without an answer"));
    page.push_str("</section>\n");
    let word = match (told.report.findings.len(), counts.not_assessed) {
        (0, 0) => "Nothing was found, and everything that applies was looked at.".to_owned(),
        (0, missing) if counts.assessed() == 0 => {
            format!(
                "Nothing could be looked at: none of {missing} checks has an answer. This says nothing about the tenant."
            )
        }
        (0, missing) => {
            format!("Nothing was found in what could be looked at; {missing} checks have no answer.")
        }
        (found, missing) => format!("{found} findings; {missing} checks have no answer."),
    };
    let _ = writeln!(page, "<p class=\"word\">{word}</p>");
}

fn of(told: &Told<'_>, severity: Severity) -> usize {
    told.report.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// A bar for each severity.
fn chart(page: &mut String, told: &Told<'_>) {
    let most = SEVERITIES.iter().map(|severity| of(told, *severity)).max().unwrap_or(0).max(1);
    page.push_str(
        "<svg class=\"chart\" viewBox=\"0 0 600 150\" role=\"img\"><title>Findings by severity</title>",
    );
    for (row, severity) in SEVERITIES.iter().enumerate() {
        let (number, y) = (of(told, *severity), row * 30);
        let width = number * 420 / most;
        let _ = write!(
            page,
            "<text x=\"0\" y=\"{}\">{severity}</text><rect class=\"{severity}\" x=\"100\" y=\"{}\" width=\"{width}\" height=\"18\" rx=\"3\"/>\
             <text x=\"{}\" y=\"{}\">{number}</text>",
            y + 18,
            y + 4,
            108 + width,
            y + 18
        );
    }
    page.push_str("</svg>\n");
}

fn compare(page: &mut String, told: &Told<'_>, since: &Since<'_>) {
    let new = told.report.findings.len() - since.still;
    let (mended, unseen) = (since.mended.len(), since.not_looked_at.len());
    let _ = writeln!(
        page,
        "<section><h2>Since the report before</h2><p>{new} new, {}, {mended} mended or gone, \
         {unseen} not looked at this time.</p>",
        since.still_words()
    );
    for (title, findings) in
        [("Mended or gone", &since.mended), ("Not looked at this time", &since.not_looked_at)]
    {
        if findings.is_empty() {
            continue;
        }
        let _ = write!(page, "<h3>{title} ({})</h3><ul>", findings.len());
        for known in findings.iter().take(MOST_BEFORE) {
            let _ = write!(page, "<li>{}: {}</li>", escape(&known.title), escape(&known.name));
        }
        page.push_str("</ul>");
        if let Some(more) = findings.len().checked_sub(MOST_BEFORE).filter(|more| *more > 0) {
            let _ = write!(page, "<p>and {more} more</p>");
        }
    }
    page.push_str("</section>\n");
}

fn findings(page: &mut String, told: &Told<'_>) {
    if told.report.findings.is_empty() {
        return;
    }
    page.push_str("<section><h2>Findings</h2>\n");
    for finding in told.findings() {
        let (severity, evidence) = (finding.severity, &finding.evidence);
        let new = told.change_word(finding).map_or_else(String::new, |word| format!(" <em>{word}</em>"));
        let _ = write!(
            page,
            "<article class=\"{severity}\"><h3><span>{severity}</span> {}{new}</h3><p><b>{}</b> <code>{}</code></p>\
             <dl><dt>Where</dt><dd><code>{}</code></dd><dt>Seen</dt><dd>{}</dd><dt>Expected</dt><dd>{}</dd></dl>",
            escape(&finding.title),
            escape(&finding.resource_name),
            escape(finding.rule.as_str()),
            escape(&evidence.pointer),
            escape(&evidence.seen),
            escape(&evidence.expected)
        );
        if let Some(rule) = told.rule(&finding.rule) {
            let _ = write!(
                page,
                "<p>{}</p><p><b>Fix:</b> {}</p><ul>",
                escape(&rule.rationale),
                escape(&rule.remediation.summary)
            );
            for step in &rule.remediation.steps {
                let _ = write!(page, "<li>{}</li>", escape(step));
            }
            page.push_str("</ul><p>");
            for reference in rule.references.iter().filter(|reference| reference.url.starts_with("https://"))
            {
                let (url, title) = (escape(&reference.url), escape(&reference.title));
                let _ = write!(page, "<a rel=\"noopener noreferrer\" href=\"{url}\">{title}</a> ");
            }
            page.push_str("</p>");
        }
        page.push_str("</article>\n");
    }
    page.push_str("</section>\n");
}

fn unanswered(page: &mut String, told: &Told<'_>, title: &str, wanted: fn(&CheckOutcome) -> bool) {
    let checks: Vec<_> = told.report.checks.iter().filter(|check| wanted(&check.outcome)).collect();
    if checks.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<section><h2>{title} ({})</h2><table><tr><th>Check</th><th>Why</th></tr>",
        checks.len()
    );
    for check in checks {
        let why = reason(&check.outcome).unwrap_or_default();
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td></tr>",
            escape(check.rule.as_str()),
            escape(&why)
        );
    }
    page.push_str("</table></section>\n");
}

/// What a check with an answer could not be asked of.
fn partly(page: &mut String, told: &Told<'_>) {
    let answered = |check: &&CheckResult| !matches!(check.outcome, CheckOutcome::NotAssessed { .. });
    let checks = told.report.checks.iter().filter(answered).filter(|check| !check.unseen.is_empty());
    let mut rows = String::new();
    for check in checks {
        for (resource, why) in &check.unseen {
            let _ = write!(
                rows,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escape(check.rule.as_str()),
                escape(resource),
                escape(&why.to_string())
            );
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(
            page,
            "<section><h2>Looked at, but not everywhere</h2><table><tr><th>Check</th><th>Not at</th><th>Why</th></tr>{rows}</table></section>"
        );
    }
}

/// A text that stays text.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
pub(super) fn escaped(text: &str) -> String {
    escape(text)
}

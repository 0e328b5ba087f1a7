//! Messages for Microsoft Teams: an Adaptive Card 1.5, within the size that Teams takes.
//!
//! Text of findings stands in runs, which are shown as they are; a text block would read Markdown in them. Limits: the whole
//! message below 25,000 bytes (Teams refuses at about 28 KB).

use checkmate_domain::{DeliveryId, ScanId};
use serde_json::{Value, json};

use super::{count, headline, line, place};
use crate::policy::{News, Outcome};

/// The largest message, in bytes.
const LARGEST: usize = 25_000;
/// Findings that are named in a digest; the rest is counted.
const NAMED: usize = 10;

/// A message for a channel, as Graph takes it.
#[must_use]
pub fn message(id: &DeliveryId, card: &Value) -> Value {
    json!({
        "body": {"contentType": "html", "content": format!("<attachment id=\"{id}\"></attachment>")},
        "attachments": [{
            "id": id,
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": card.to_string(),
        }],
    })
}

/// One scan in one card: what is new, what is mended, what is worst, and what was not looked at.
#[must_use]
pub fn digest(outcome: &Outcome, findings: &[&News]) -> Value {
    stands(outcome, findings, &[title(&format!("Scan of {}", outcome.scope))])
}

/// All scans since a moment in one card: the same.
#[must_use]
pub fn digest_since(outcome: &Outcome, findings: &[&News], since: &str) -> Value {
    let title = title(&format!("How {} stands", outcome.scope));
    stands(outcome, findings, &[title, run(&format!("Changes are those since {since}."), false)])
}

fn stands(outcome: &Outcome, findings: &[&News], above: &[Value]) -> Value {
    let new = findings.iter().filter(|news| news.is_new()).count();
    let closed = findings.iter().filter(|news| !news.is_open()).count();
    let open: Vec<&&News> = findings.iter().filter(|news| news.is_open()).collect();
    let mut named = open.len().min(NAMED);
    loop {
        let mut body = above.to_vec();
        body.push(facts(&[("New", new), ("Mended or gone", closed), ("Open", open.len())]));
        if !outcome.complete {
            body.push(run(
                &format!("Not everything was looked at: {}.", count(as_usize(outcome.not_assessed), "job")),
                true,
            ));
        }
        body.extend(open.iter().take(named).map(|news| finding(news)));
        if open.len() > named {
            body.push(run(&format!("and {} more", open.len() - named), false));
        }
        let card = card(&body);
        if named == 0 || card.to_string().len() < LARGEST / 2 {
            return card;
        }
        named /= 2;
    }
}

/// What is new and cannot wait.
#[must_use]
pub fn urgent(scan: &ScanId, findings: &[&News]) -> Value {
    let mut named = findings.len().min(NAMED);
    loop {
        let mut body = vec![title(&format!("{} that cannot wait", count(findings.len(), "new finding")))];
        for news in findings.iter().take(named) {
            body.push(finding(news));
            body.push(run(&format!("What to do: {}", line(&news.rule.remediation.summary, 300)), false));
        }
        if findings.len() > named {
            body.push(run(&format!("and {} more", findings.len() - named), false));
        }
        body.push(run(&format!("checkmate scans show {}", line(scan.as_str(), 40)), false));
        let card = card(&body);
        if named <= 1 || card.to_string().len() < LARGEST / 2 {
            return card;
        }
        named /= 2;
    }
}

fn card(body: &[Value]) -> Value {
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body,
    })
}

fn title(text: &str) -> Value {
    json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line(text, 200), "size": "Large", "weight": "Bolder"}]})
}

fn run(text: &str, strong: bool) -> Value {
    let weight = if strong { "Bolder" } else { "Default" };
    json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line(text, 600), "weight": weight}]})
}

/// Numbers of ours, which no one can write Markdown into.
fn facts(facts: &[(&str, usize)]) -> Value {
    let facts: Vec<Value> =
        facts.iter().map(|(title, value)| json!({"title": title, "value": value.to_string()})).collect();
    json!({"type": "FactSet", "facts": facts})
}

fn finding(news: &News) -> Value {
    let (priority, new) = (news.record.triage.priority, if news.is_new() { " (new)" } else { "" });
    json!({"type": "RichTextBlock", "separator": true, "inlines": [
        {"type": "TextRun", "text": format!("{priority} "), "weight": "Bolder"},
        {"type": "TextRun", "text": format!("{}{new}", headline(news, 200)), "weight": "Bolder"},
        {"type": "TextRun", "text": format!("  {}", place(news)), "isSubtle": true},
    ]})
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

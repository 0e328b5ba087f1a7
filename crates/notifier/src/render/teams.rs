//! Messages for Microsoft Teams: an Adaptive Card 1.5, within the size that Teams takes.
//!
//! Text of findings stands in runs, which are shown as they are; a text block would read Markdown in them. Limits: the whole
//! message below 25,000 bytes (Teams refuses at about 28 KB).

use checkmate_domain::{DeliveryId, Priority, Reference, ScanId, TransitionKind};
use serde_json::{Value, json};

use super::{Problem, as_usize, count, line, name, only, place, problems, unanswered};
use crate::policy::{News, Outcome};

/// The largest message, in bytes.
const LARGEST: usize = 25_000;
/// Problems that are named in a card; the rest is counted.
const NAMED: usize = 5;
/// Places that are named of a problem.
const PLACES: usize = 3;

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

/// One scan in one card: what changed, what is worst and what to do about it, and what was not looked at.
#[must_use]
pub fn digest(outcome: &Outcome, findings: &[&News]) -> Value {
    let (new, back, closed) = counts(findings);
    stands(outcome, findings, vec![title(&changed(outcome, new, back, closed))])
}

/// All scans since a moment in one card: the same.
#[must_use]
pub fn digest_since(outcome: &Outcome, findings: &[&News], since: &str) -> Value {
    let (new, back, closed) = counts(findings);
    let above =
        vec![title(&changed(outcome, new, back, closed)), text(&format!("All scans of it since {since}."))];
    stands(outcome, findings, above)
}

/// New, back, and mended or gone.
fn counts(findings: &[&News]) -> (usize, usize, usize) {
    let of = |fits: &dyn Fn(&News) -> bool| findings.iter().filter(|news| fits(news)).count();
    let back = of(&|news| news.is_new() && came_back(news));
    (of(&News::is_new) - back, back, of(&|news| !news.is_open()))
}

fn stands(outcome: &Outcome, findings: &[&News], mut told: Vec<Value>) -> Value {
    let of = |fits: &dyn Fn(&News) -> bool| -> Vec<&News> {
        findings.iter().copied().filter(|news| fits(news)).collect()
    };
    let (new, closed, open) = (of(&News::is_new), of(&|news| !news.is_open()), of(&News::is_open));
    let urgent = open.iter().filter(|news| news.record.triage.priority == Priority::P1).count();
    told.push(figures(&[
        ("new", new.len(), false),
        ("mended or gone", closed.len(), false),
        ("open", open.len(), false),
        ("of them P1", urgent, urgent > 0),
    ]));
    if !outcome.complete {
        let jobs = count(as_usize(outcome.not_assessed), "job");
        told.push(strong(&format!("Not everything was looked at: {jobs} ended without an answer.")));
    }
    told.extend(unanswered(outcome).map(|line| strong(&line)));
    told.extend(only(outcome).map(|line| text(&line)));
    if outcome.waiting > 0 {
        let (number, verb) =
            (count(outcome.waiting, "thing"), if outcome.waiting == 1 { "waits" } else { "wait" });
        told.push(strong(&format!("{number} {verb} for your approval: checkmate approvals list")));
    }
    told.extend(gone(&closed));
    if open.is_empty() {
        return card(&told, &[]);
    }
    // What is new is named before what is worst of old, which has its tickets.
    let (heading, named) =
        if new.is_empty() { ("What to do first", open) } else { ("New, worst first", new) };
    told.push(strong(heading));
    let scan = outcome.scan.as_str();
    within(&told, &problems(&named), &format!("Each of them: checkmate scans show {}", line(scan, 40)))
}

/// What is over, in one line.
fn gone(closed: &[&News]) -> Option<Value> {
    let problems = problems(closed);
    let mut names: Vec<String> =
        problems.iter().take(PLACES).filter_map(|one| Some(name(one.worst()?, 100))).collect();
    if problems.len() > PLACES {
        names.push(format!("and {} more", problems.len() - PLACES));
    }
    (!names.is_empty()).then(|| text(&format!("Mended or gone: {}", names.join("; "))))
}

/// What is new and cannot wait.
#[must_use]
pub fn urgent(scan: &ScanId, findings: &[&News]) -> Value {
    let told = [title(&format!("{} that cannot wait", count(findings.len(), "new finding")))];
    let next = format!("Each of them: checkmate scans show {}", line(scan.as_str(), 40));
    within(&told, &problems(findings), &next)
}

/// What a person reads first, and maybe only.
fn changed(outcome: &Outcome, new: usize, back: usize, closed: usize) -> String {
    let parts = [
        (new > 0).then(|| count(new, "new finding")),
        (back > 0).then(|| format!("{back} came back")),
        (closed > 0).then(|| format!("{closed} mended or gone")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let what = if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") };
    format!("{}: {what}", outcome.scope)
}

/// A card that ends with as many problems as fit, and with what to do next.
fn within(told: &[Value], problems: &[Problem<'_>], next: &str) -> Value {
    let mut named = problems.len().min(NAMED);
    loop {
        let mut body = told.to_vec();
        body.extend(problems.iter().take(named).filter_map(problem));
        if problems.len() > named {
            body.push(text(&format!("and {}", count(problems.len() - named, "more problem"))));
        }
        body.push(subtle(next));
        let worst = problems.first().and_then(Problem::worst);
        let card = card(&body, &worst.map(read_more).unwrap_or_default());
        if named <= 1 || card.to_string().len() < LARGEST / 2 {
            return card;
        }
        named /= 2;
    }
}

/// The pages that the rule of the first problem names.
fn read_more(news: &News) -> Vec<Value> {
    let references = news.rule.references.iter().filter(|link| link.url.starts_with("https://"));
    let button = |link: &Reference| json!({"type": "Action.OpenUrl", "title": line(&link.title, 60), "url": line(&link.url, 500)});
    references.take(2).map(button).collect()
}

fn card(body: &[Value], actions: &[Value]) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body,
    });
    if !actions.is_empty() {
        card["actions"] = json!(actions);
    }
    card
}

fn run(text: &str, most: usize) -> Value {
    json!({"type": "TextRun", "text": line(text, most)})
}

/// The same with another look: an entry of the run and its value.
fn looking(mut run: Value, looks: &[(&str, Value)]) -> Value {
    for (entry, value) in looks {
        run[*entry] = value.clone();
    }
    run
}

fn block(inlines: &[Value]) -> Value {
    json!({"type": "RichTextBlock", "inlines": inlines})
}

fn title(text: &str) -> Value {
    block(&[looking(run(text, 200), &[("size", json!("Large")), ("weight", json!("Bolder"))])])
}

fn strong(text: &str) -> Value {
    block(&[looking(run(text, 600), &[("weight", json!("Bolder"))])])
}

fn text(text: &str) -> Value {
    block(&[run(text, 600)])
}

fn subtle(text: &str) -> Value {
    block(&[looking(run(text, 600), &[("isSubtle", json!(true)), ("size", json!("Small"))])])
}

/// Numbers side by side, each above its word; those that call for somebody stand out.
fn figures(figures: &[(&str, usize, bool)]) -> Value {
    let column = |(word, number, calls): &(&str, usize, bool)| {
        let colour = if *calls { "Attention" } else { "Default" };
        let looks = [("size", json!("ExtraLarge")), ("weight", json!("Bolder")), ("color", json!(colour))];
        let number = looking(run(&number.to_string(), 20), &looks);
        let word = looking(subtle(word), &[("spacing", json!("None"))]);
        json!({"type": "Column", "width": "stretch", "items": [block(&[number]), word]})
    };
    json!({"type": "ColumnSet", "columns": figures.iter().map(column).collect::<Vec<_>>()})
}

/// What it is, where, and what mends it.
fn problem(problem: &Problem<'_>) -> Option<Value> {
    let worst = problem.worst()?;
    let word = match (
        problem.places.iter().all(|news| came_back(news)),
        problem.places.iter().any(|news| news.is_new()),
    ) {
        (true, _) => "  came back",
        (false, true) => "  new",
        (false, false) => "",
    };
    let priority = worst.record.triage.priority;
    let colour = if priority == Priority::P1 { "Attention" } else { "Default" };
    let bold = ("weight", json!("Bolder"));
    let mut head = vec![
        looking(
            json!({"type": "TextRun", "text": format!("{priority}  ")}),
            &[bold.clone(), ("color", json!(colour))],
        ),
        looking(run(&name(worst, 200), 200), &[bold]),
    ];
    if !word.is_empty() {
        head.push(json!({"type": "TextRun", "text": word, "color": "Accent"}));
    }
    let mut places: Vec<String> = problem.places.iter().take(PLACES).map(|news| place(news)).collect();
    if problem.places.len() > PLACES {
        places.push(format!("and {}", count(problem.places.len() - PLACES, "more place")));
    }
    let near = ("spacing", json!("Small"));
    Some(json!({"type": "Container", "separator": true, "items": [
        block(&head),
        looking(subtle(&places.join(", ")), std::slice::from_ref(&near)),
        looking(text(&line(&worst.rule.remediation.summary, 300)), &[near]),
    ]}))
}

fn came_back(news: &News) -> bool {
    news.change == Some(TransitionKind::Reopened)
}

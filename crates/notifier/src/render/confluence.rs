//! Pages of Confluence Cloud: title and document of `POST /wiki/api/v2/pages`.
//!
//! A page is at most 5 MB; a title is unique in its space, so ours say what they are of.

use std::collections::BTreeMap;

use checkmate_domain::{FindingState, Timestamp, Waiver};
use serde_json::{Value, json};

use super::{Problem, adf, as_usize, count, csv, line, name, only, place, problems, unanswered};
use crate::confluence::FILES;
use crate::policy::{Day, News, Outcome, Pages};
use crate::sender::File;

/// Problems in a table; the rest is counted.
const ROWS: usize = 300;
/// Places of each; the rest is counted.
const PLACES: usize = 10;
/// The longest title, in characters.
const TITLE: usize = 255;

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Unique in its space.
    pub title: String,
    /// In Atlassian's document format.
    pub document: Value,
}

impl Page {
    /// The body of a request that makes it.
    #[must_use]
    pub fn create(&self, space: &str, parent: Option<&str>) -> Value {
        let mut body = json!({
            "spaceId": space,
            "status": "current",
            "title": self.title,
            "body": {"representation": "atlas_doc_format", "value": self.document.to_string()},
        });
        if let Some(parent) = parent {
            body["parentId"] = json!(parent);
        }
        body
    }
}

/// How a scope stands. It names no scan: as long as nothing changes it is not written again.
#[must_use]
pub fn posture(outcome: &Outcome, findings: &[&News]) -> Page {
    let open: Vec<&News> = findings.iter().copied().filter(|news| news.is_open()).collect();
    let accepted: Vec<(&News, &Waiver)> = findings
        .iter()
        .filter(|news| news.record.state.is_open())
        .filter_map(|news| Some((*news, news.waiver.as_ref()?)))
        .collect();
    let title = line(&format!("CheckMate: {}", outcome.scope), TITLE);
    let mut content = vec![
        adf::paragraph(vec![
            adf::strong(&count(open.len(), "open finding")),
            adf::plain(&by_priority(&open)),
            adf::plain(&accepted_in_words(accepted.len())),
            adf::plain("The pages beneath tell of each scan."),
        ]),
        seen(outcome),
    ];
    content.extend(only(outcome).map(|line| said(&line)));
    content.extend(under("Open findings", findings_table(&open)));
    content.extend(under("Accepted until a day", accepted_table(&accepted)));
    content.extend(under("How it has changed", trend_table(&outcome.trend)));
    Page { title, document: adf::doc(&content) }
}

fn accepted_in_words(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => "1 more is accepted.".to_owned(),
        more => format!("{more} more are accepted."),
    }
}

/// A paragraph of one text.
fn said(text: &str) -> Value {
    adf::paragraph(vec![adf::plain(text)])
}

/// A part of a page with its heading; nothing where there is nothing under it.
fn under(heading: &str, part: Vec<Value>) -> Vec<Value> {
    let heading = (!part.is_empty()).then(|| adf::heading(2, heading));
    heading.into_iter().chain(part).collect()
}

/// What is left as it is, whose decision that is, and until when.
fn accepted_table(accepted: &[(&News, &Waiver)]) -> Vec<Value> {
    if accepted.is_empty() {
        return Vec::new();
    }
    let row = |(news, waiver): &(&News, &Waiver)| {
        let what = [name(news, 300), place(news)].map(|text| said(&text));
        let why =
            [line(&waiver.reason, 600), format!("by {}", line(&waiver.owner, 100))].map(|text| said(&text));
        // It holds until a moment that it does not reach.
        let last = Timestamp::from_millis(waiver.until.as_millis() - 1);
        vec![what.to_vec(), why.to_vec(), vec![said(&last.date())]]
    };
    let rows = accepted.iter().take(ROWS).map(row).collect();
    let mut content =
        vec![adf::table(&[("Finding", 370), ("Why, and whose decision", 300), ("Until", 90)], rows)];
    content.extend(more_than_rows(accepted.len()));
    content
}

/// The last days on which something changed.
fn trend_table(days: &[Day]) -> Vec<Value> {
    if days.is_empty() {
        return Vec::new();
    }
    let row = |day: &Day| {
        let numbers = [day.opened, day.closed, day.open].map(|number| number.to_string());
        std::iter::once(&day.date).chain(&numbers).map(|text| vec![said(text)]).collect()
    };
    let head = [("Day", 160), ("New or back", 200), ("Mended or gone", 200), ("Open at its end", 200)];
    let told = "Days in UTC on which something changed, all findings of the scope, accepted ones among them.";
    vec![adf::table(&head, days.iter().map(row).collect()), said(told)]
}

/// That there is more than a table has rows.
fn more_than_rows(number: usize) -> Option<Value> {
    let more = number.checked_sub(ROWS).filter(|more| *more > 0)?;
    Some(said(&format!("and {more} more")))
}

/// The name of the list of a scan's findings; the same name is a new version of the same file.
const LIST: &str = "checkmate-findings.csv";

/// One scan, with a list of all its findings where files may be put on pages. The page says where that list is.
#[must_use]
pub fn scan(outcome: &Outcome, findings: &[&News], pages: Pages) -> (Page, Option<File>) {
    let title = line(&format!("CheckMate: {}, scan {}", outcome.scope, outcome.scan), TITLE);
    let changed: Vec<&News> = findings.iter().copied().filter(|news| news.change.is_some()).collect();
    let (new, closed) = (
        changed.iter().filter(|news| news.is_new()).count(),
        changed.iter().filter(|news| !news.is_open()).count(),
    );
    let mut content = vec![
        adf::paragraph(vec![
            adf::strong(&format!("{new} new or back, {closed} mended or gone.")),
            adf::plain(&format!("{} open.", findings.iter().filter(|news| news.is_open()).count())),
        ]),
        seen(outcome),
    ];
    content.extend(only(outcome).map(|line| said(&line)));
    let is_listed = pages.files && !findings.is_empty();
    let list = is_listed.then(|| File {
        name: LIST.to_owned(),
        media_type: "text/csv".to_owned(),
        bytes: csv::findings(findings).into_bytes(),
    });
    let told = if list.is_some() {
        format!("All findings of this scan, with what was seen, are in the file {LIST} on this page.")
    } else if findings.is_empty() {
        "This scan has no findings.".to_owned()
    } else {
        format!(
            "No file with all findings is on this page, as the connection lacks the scope {FILES}: 'checkmate findings list' has them."
        )
    };
    content.push(said(&told));
    content.extend(findings_table(&changed));
    (Page { title, document: adf::doc(&content) }, list)
}

/// `14 P1, 26 P2.`
fn by_priority(open: &[&News]) -> String {
    let mut numbers = BTreeMap::new();
    for news in open {
        *numbers.entry(news.record.triage.priority).or_insert(0_usize) += 1;
    }
    let told: Vec<String> = numbers.iter().map(|(priority, number)| format!("{number} {priority}")).collect();
    if told.is_empty() { String::new() } else { format!("{}.", told.join(", ")) }
}

/// How much was looked at. Checks of a job that ended well may be without an answer too, and the scan names them.
fn seen(outcome: &Outcome) -> Value {
    let text = if outcome.complete {
        match unanswered(outcome) {
            Some(line) => format!("Every target answered. {line} They are named by checkmate scans show."),
            None => {
                format!("Every target answered, and all {}.", count(as_usize(outcome.checks), "check"))
            }
        }
    } else {
        let jobs = count(as_usize(outcome.not_assessed), "job");
        let others = unanswered(outcome).map(|line| format!(" Of the others, {line}")).unwrap_or_default();
        format!(
            "Not everything was looked at: {jobs} ended without an answer. Nothing is said of what they cover.{others}"
        )
    };
    said(&text)
}

/// A row for each problem: what it is and what mends it, and all its places.
fn findings_table(findings: &[&News]) -> Vec<Value> {
    if findings.is_empty() {
        return Vec::new();
    }
    let problems = problems(findings);
    let rows = problems.iter().take(ROWS).filter_map(row).collect();
    let mut content = vec![adf::table(&[("Priority", 90), ("Finding", 370), ("Where", 300)], rows)];
    content.extend(more_than_rows(problems.len()));
    content
}

fn row(problem: &Problem<'_>) -> Option<Vec<Vec<Value>>> {
    let worst = problem.worst()?;
    let item = |news: &&News| {
        let state = match news.record.state {
            FindingState::Open => String::new(),
            state => format!("({})", state.as_str()),
        };
        vec![adf::plain(&place(news)), adf::plain(&state)]
    };
    let mut places: Vec<_> = problem.places.iter().take(PLACES).map(item).collect();
    if problem.places.len() > PLACES {
        places.push(vec![adf::plain(&format!("and {} more", problem.places.len() - PLACES))]);
    }
    Some(vec![
        vec![adf::paragraph(vec![adf::strong(&worst.record.triage.priority.to_string())])],
        vec![adf::paragraph(vec![adf::strong(&name(worst, 300))]), said(&worst.rule.remediation.summary)],
        adf::list(places).into_iter().collect(),
    ])
}

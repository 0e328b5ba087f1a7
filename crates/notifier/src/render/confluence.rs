//! Pages of Confluence Cloud: title and document of `POST /wiki/api/v2/pages`.
//!
//! A page is at most 5 MB; a title is unique in its space, so ours say what they are of.

use std::collections::BTreeMap;

use checkmate_domain::FindingState;
use serde_json::{Value, json};

use super::{Problem, adf, count, csv, line, name, place, problems};
use crate::confluence::FILES;
use crate::policy::{News, Outcome, Pages};
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
    let title = line(&format!("CheckMate: {}", outcome.scope), TITLE);
    let mut content = vec![
        adf::paragraph(vec![
            adf::strong(&count(open.len(), "open finding")),
            adf::plain(&by_priority(&open)),
            adf::plain("The pages beneath tell of each scan."),
        ]),
        seen(outcome),
    ];
    content.extend(findings_table(&open));
    Page { title, document: adf::doc(&content) }
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
    content.push(adf::paragraph(vec![adf::plain(&told)]));
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

/// What is not said here: checks of a job that ended well may be without an answer too, and the scan names them.
fn seen(outcome: &Outcome) -> Value {
    let text = if outcome.complete {
        "Every target answered. What could not be looked at in them is named by checkmate scans show."
            .to_owned()
    } else {
        let jobs = usize::try_from(outcome.not_assessed).unwrap_or(usize::MAX);
        format!(
            "Not everything was looked at: {} ended without an answer. Nothing is said of what they cover.",
            count(jobs, "job")
        )
    };
    adf::paragraph(vec![adf::plain(&text)])
}

/// A row for each problem: what it is and what mends it, and all its places.
fn findings_table(findings: &[&News]) -> Vec<Value> {
    if findings.is_empty() {
        return Vec::new();
    }
    let problems = problems(findings);
    let rows = problems.iter().take(ROWS).filter_map(row).collect();
    let mut content = vec![adf::table(&[("Priority", 90), ("Finding", 370), ("Where", 300)], rows)];
    if problems.len() > ROWS {
        content.push(adf::paragraph(vec![adf::plain(&format!("and {} more", problems.len() - ROWS))]));
    }
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
        vec![
            adf::paragraph(vec![adf::strong(&name(worst, 300))]),
            adf::paragraph(vec![adf::plain(&worst.rule.remediation.summary)]),
        ],
        adf::list(places).into_iter().collect(),
    ])
}

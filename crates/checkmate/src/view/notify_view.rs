//! What policy would send.

use std::fmt::Write as _;

use checkmate_domain::{Ask, DeliveryId, ScanId, Subject, Timestamp};
use checkmate_notifier::deliver::Question;
use checkmate_notifier::outcome::View;
use checkmate_notifier::policy::{Destination, News, Outcome, Shape, Wish};
use checkmate_notifier::render::{self, confluence, jira, teams, webhook};
use checkmate_notifier::sender::File;
use serde::Serialize;
use serde_json::Value;

use crate::view::{Paint, Show, approvals_view, count, plain};

/// Findings named under one delivery; the rest is counted.
const NAMED: usize = 5;

/// One delivery as it would be.
#[derive(Debug, Serialize)]
pub(crate) struct Preview {
    route: String,
    id: DeliveryId,
    /// `ticket`, `close ticket`, `summary ticket`, `card`, `digest`, `page`, `scan page`, `event`.
    what: &'static str,
    subject: Subject,
    title: String,
    findings: Vec<String>,
    places: Vec<String>,
    /// What a person has to approve first.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<String>,
    /// What the vendor would be sent; nothing where a ticket is only closed.
    body: Value,
    /// Fields of the project's own that are set besides, in the form that it takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    /// The file with all findings, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    attached: Option<String>,
}

impl Preview {
    pub(crate) fn new(wish: &Wish<'_>, view: &View) -> Self {
        let (outcome, now) = (view.scanned().told_by(wish.route), view.over_at());
        let subject = told_in(wish, view).unwrap_or_else(|| wish.subject.clone());
        let id = DeliveryId::derived(&wish.route.name, &subject);
        let (what, members) = kind(&wish.shape);
        let findings = members.iter().map(|news| news.record.finding.fingerprint.to_string()).collect();
        let places = members.iter().map(|news| render::place(news)).collect();
        let (title, body, file) = shown(wish, &id, what, &outcome, (now, view));
        Self {
            route: wish.route.name.clone(),
            id,
            what,
            subject,
            title,
            findings,
            places,
            waits: None,
            body,
            fields: fields(wish, what),
            attached: file.map(|file| file.name),
        }
    }
}

impl Preview {
    /// The same, waiting for one of these where it has to.
    pub(crate) fn asking(self, questions: &[Question]) -> Self {
        let waits = |question: &&Question| match question.ask {
            Ask::FirstUse { .. } => matches!(self.what, "ticket" | "summary ticket"),
            Ask::ManyNew { .. } => self.what == "summary ticket",
            Ask::ManyClosing { .. } => self.what == "close ticket",
        };
        let asked = questions.iter().filter(|question| question.is_open()).find(waits);
        Self { waits: asked.map(|question| approvals_view::ask(&question.ask)), ..self }
    }
}

/// The digest that tells of the scan, where that is one of all scans of a time.
fn told_in(wish: &Wish<'_>, view: &View) -> Option<Subject> {
    let cadence = wish.route.cadence().filter(|_| matches!(wish.shape, Shape::Digest(_)))?;
    Some(Subject::Digest(view.scanned().scope.clone(), cadence.next(view.over_at())?))
}

fn kind<'a>(shape: &'a Shape<'a>) -> (&'static str, Vec<&'a News>) {
    match shape {
        Shape::Ticket(members) if members.iter().any(|news| news.is_open()) => ("ticket", members.clone()),
        Shape::Ticket(members) => ("close ticket", members.clone()),
        Shape::Summary(members) => ("summary ticket", members.clone()),
        Shape::Urgent(members) => ("card", members.clone()),
        Shape::Digest(members) => ("digest", members.clone()),
        Shape::Posture(members) => ("page", members.clone()),
        Shape::ScanPage(members) => ("scan page", members.clone()),
        Shape::Event(news) => ("event", vec![news]),
    }
}

/// What a new ticket has besides its body.
fn fields(wish: &Wish<'_>, what: &str) -> Vec<String> {
    match &wish.route.to {
        Destination::Jira(jira) if what != "close ticket" => {
            jira.fields.iter().map(ToString::to_string).collect()
        }
        _ => Vec::new(),
    }
}

fn shown(
    wish: &Wish<'_>,
    id: &DeliveryId,
    what: &str,
    outcome: &Outcome,
    (now, view): (Timestamp, &View),
) -> (String, Value, Option<File>) {
    let page = |page: confluence::Page, file| (page.title.clone(), page.create("SPACE", None), file);
    match (&wish.shape, &wish.route.to) {
        (Shape::Ticket(members), _) if what == "close ticket" => (jira::summary(members), Value::Null, None),
        (Shape::Ticket(members), Destination::Jira(to)) => {
            let jira::Made { body, file } = jira::create(to, id, members, now);
            (jira::summary(members), body, file)
        }
        (Shape::Summary(members), Destination::Jira(to)) => {
            let jira::Made { body, file } = jira::create_summary(to, id, members);
            (body["fields"]["summary"].as_str().unwrap_or_default().to_owned(), body, file)
        }
        (Shape::Urgent(members), _) => {
            let card = teams::urgent(&outcome.scan, members);
            let title = format!("{} that cannot wait", count(members.len(), "new finding"));
            (title, teams::message(id, &card), None)
        }
        (Shape::Digest(members), _) if wish.route.cadence().is_some() => {
            let cadence = wish.route.cadence();
            let since = cadence.and_then(|cadence| Some(cadence.words(cadence.before(cadence.next(now)?)?)));
            let card = teams::digest_since(outcome, members, &since.unwrap_or_default());
            let times = cadence.map(ToString::to_string).unwrap_or_default();
            (format!("scan of {}, in the card of {times}", outcome.scope), teams::message(id, &card), None)
        }
        (Shape::Digest(members), _) => {
            let message = teams::message(id, &teams::digest(outcome, members));
            (format!("scan of {}", outcome.scope), message, None)
        }
        (Shape::Posture(members), _) => page(confluence::posture(outcome, members), None),
        (Shape::ScanPage(members), Destination::Confluence(pages)) => {
            let (shown, file) = confluence::scan(outcome, members, *pages);
            page(shown, file)
        }
        (Shape::Event(news), _) => (
            news.record.finding.title.clone(),
            webhook::event(id, &outcome.scan, news, view.changed_at(&news.record)),
            None,
        ),
        // Tickets are made by routes to Jira only, and pages by those to Confluence.
        (Shape::Ticket(_) | Shape::Summary(_) | Shape::ScanPage(_), _) => (String::new(), Value::Null, None),
    }
}

pub(crate) fn previews(scan: &ScanId, previews: &[Preview], show: Show<'_>) -> String {
    let paint = Paint(show.color);
    let mut text = format!(
        "{} would be sent for scan {scan}; nothing is sent by this command\n",
        count(previews.len(), "thing")
    );
    let mut route = "";
    for preview in previews {
        if preview.route != route {
            route = &preview.route;
            let _ = writeln!(text, "\n{}", paint.bold(route));
        }
        let number = count(preview.findings.len(), "finding");
        let _ =
            writeln!(text, "  {:<14} {}  {}", preview.what, plain(&preview.title, 80), paint.dim(&number));
        if let Some(asked) = &preview.waits {
            let _ = writeln!(text, "                 waits for an approval: {}", plain(asked, 90));
        }
        let named = if preview.what.contains("ticket") { NAMED } else { 0 };
        for place in preview.places.iter().take(named) {
            let _ = writeln!(text, "                 {}", paint.dim(&plain(place, 90)));
        }
        if named > 0 && preview.places.len() > named {
            let _ = writeln!(text, "                 and {} more", preview.places.len() - named);
        }
    }
    let _ = writeln!(
        text,
        "\n{} notify preview {scan} --format json shows what each vendor would get",
        show.program
    );
    text
}

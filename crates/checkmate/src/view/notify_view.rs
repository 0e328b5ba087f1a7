//! What policy would send.

use std::fmt::Write as _;

use checkmate_domain::{DeliveryId, ScanId, Subject, Timestamp};
use checkmate_notifier::outcome::View;
use checkmate_notifier::policy::{Destination, News, Outcome, Shape, Wish};
use checkmate_notifier::render::{self, confluence, jira, teams, webhook};
use serde::Serialize;
use serde_json::Value;

use crate::view::{Paint, Show, count, plain};

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
    /// What the vendor would be sent; nothing where a ticket is only closed.
    body: Value,
}

impl Preview {
    pub(crate) fn new(wish: &Wish<'_>, view: &View) -> Self {
        let (outcome, now) = (view.scanned(), view.over_at());
        let id = DeliveryId::derived(&wish.route.name, &wish.subject);
        let (what, members) = kind(&wish.shape);
        let findings = members.iter().map(|news| news.record.finding.fingerprint.to_string()).collect();
        let places = members.iter().map(|news| render::place(news)).collect();
        let (title, body) = shown(wish, &id, what, outcome, (now, view));
        Self {
            route: wish.route.name.clone(),
            id,
            what,
            subject: wish.subject.clone(),
            title,
            findings,
            places,
            body,
        }
    }
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

fn shown(
    wish: &Wish<'_>,
    id: &DeliveryId,
    what: &str,
    outcome: &Outcome,
    (now, view): (Timestamp, &View),
) -> (String, Value) {
    let page = |page: confluence::Page| (page.title.clone(), page.create("SPACE", None));
    match (&wish.shape, &wish.route.to) {
        (Shape::Ticket(members), _) if what == "close ticket" => (jira::summary(members), Value::Null),
        (Shape::Ticket(members), Destination::Jira(to)) => {
            (jira::summary(members), jira::create(to, id, members, now).body)
        }
        (Shape::Summary(members), Destination::Jira(to)) => {
            let body = jira::create_summary(to, id, members).body;
            (body["fields"]["summary"].as_str().unwrap_or_default().to_owned(), body)
        }
        (Shape::Urgent(members), _) => {
            let card = teams::urgent(&outcome.scan, members);
            (format!("{} that cannot wait", count(members.len(), "new finding")), teams::message(id, &card))
        }
        (Shape::Digest(members), _) => {
            (format!("scan of {}", outcome.scope), teams::message(id, &teams::digest(outcome, members)))
        }
        (Shape::Posture(members), _) => page(confluence::posture(outcome, members)),
        (Shape::ScanPage(members), _) => page(confluence::scan(outcome, members)),
        (Shape::Event(news), _) => (
            news.record.finding.title.clone(),
            webhook::event(id, &outcome.scan, news, view.changed_at(&news.record)),
        ),
        // Tickets are made by routes to Jira only.
        (Shape::Ticket(_) | Shape::Summary(_), _) => (String::new(), Value::Null),
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

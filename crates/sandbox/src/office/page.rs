//! What has arrived, as one page: no network, and nothing of what was sent becomes more than text.
//!
//! The data stands in the page as JSON; its script makes text nodes of it. The policy of the page lets exactly the two
//! scripts and the style run that are part of this program, by their hashes. Cards are drawn by Microsoft's own renderer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Office, State};
use crate::jira::{ACCOUNT, Category, Issue};
use crate::webhook::Delivery;

/// Microsoft's renderer of Adaptive Cards 3.0.6, byte for byte as npm has it.
const RENDERER: &str = include_str!("../../assets/adaptivecards.min.js");
const LICENCE: &str = include_str!("../../assets/adaptivecards.LICENSE");
const SCRIPT: &str = include_str!("../../assets/office.js");
const STYLE: &str = include_str!("../../assets/office.css");

impl Office {
    /// All that has arrived, as one page that needs nothing beside it. It is at [`Self::base`] too.
    #[must_use]
    pub fn page(&self) -> String {
        page(&self.shared.lock())
    }
}

/// The page.
pub(super) fn page(state: &State) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <link rel=\"icon\" href=\"data:,\">\
         <title>CheckMate: what has arrived</title><style>{STYLE}</style></head><body>\n\
         <noscript>This page shows what it holds with a script of its own.</noscript>\n\
         <script type=\"application/json\" id=\"data\">{}</script>\n\
         <!-- adaptivecards 3.0.6\n{LICENCE}\n-->\n\
         <script>{RENDERER}</script>\n<script>{SCRIPT}</script>\n</body></html>\n",
        policy(),
        inert(&data(state))
    )
}

/// Only what is part of this program runs, and nothing is fetched or sent.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(RENDERER),
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// JSON that no parser of HTML takes for anything else.
fn inert(data: &Value) -> String {
    let text = data.to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn data(state: &State) -> Value {
    json!({
        "at": state.clock.now().to_string(),
        "tickets": state.jira.all().map(ticket).collect::<Vec<_>>(),
        "pages": pages(state),
        "cards": cards(state),
        "events": state.hooks.all().iter().map(event).collect::<Vec<_>>(),
    })
}

fn who(account: &str) -> &'static str {
    if account == ACCOUNT { "CheckMate" } else { "a person" }
}

fn ticket(issue: &Issue) -> Value {
    let field = |name: &str| issue.fields.get(name).cloned().unwrap_or_default();
    let comment = |one: &crate::jira::Comment| json!({"at": one.created.to_string(), "by": who(&one.author), "body": one.body});
    let moved = |one: &crate::jira::Moved| json!({"at": one.at.to_string(), "by": who(&one.by), "from": one.from, "to": one.to});
    let link = |one: &crate::jira::RemoteLink| json!({"title": one.body["object"]["title"], "url": one.body["object"]["url"]});
    json!({
        "key": issue.key,
        "kind": issue.issue_type,
        "status": issue.status,
        "open": issue.category != Category::Done,
        "category": issue.category.key(),
        "summary": issue.summary(),
        "description": field("description"),
        "labels": issue.labels(),
        "due": field("duedate"),
        "assignee": field("assignee")["accountId"],
        "created": issue.created.to_string(),
        "by": who(&issue.creator),
        "comments": issue.comments.iter().map(comment).collect::<Vec<_>>(),
        "links": issue.links.iter().map(link).collect::<Vec<_>>(),
        "files": issue.attachments.iter().map(|file| file.filename.as_str()).collect::<Vec<_>>(),
        "moved": issue.moved.iter().map(moved).collect::<Vec<_>>(),
    })
}

/// Pages, those beneath another one after it.
fn pages(state: &State) -> Vec<Value> {
    let title =
        |id: &str| state.confluence.all().find(|page| page.id.to_string() == id).map(|page| page.title());
    let shown = state.confluence.all().filter_map(|page| {
        let last = page.versions.last()?;
        let body = match last.representation.as_str() {
            "atlas_doc_format" => serde_json::from_str(&last.body).unwrap_or_default(),
            _ => Value::String(last.body.clone()),
        };
        let versions = page.versions.iter();
        let versions = versions
            .map(|one| json!({"number": one.number, "at": one.at.to_string(), "message": one.message}));
        Some(json!({
            "title": last.title,
            "beneath": title(&page.parent),
            "format": last.representation,
            "body": body,
            "at": last.at.to_string(),
            "versions": versions.collect::<Vec<_>>(),
        }))
    });
    shown.collect()
}

/// Cards by Graph and by the workflow, newest first.
fn cards(state: &State) -> Vec<Value> {
    let of_graph = state.graph.messages().iter().flat_map(|message| {
        let way = format!("channel {}", state.graph.channel_name(&message.team, &message.channel));
        message.cards.iter().map(move |card| (message.created, way.clone(), None, card.content.clone()))
    });
    let by_workflow = state.workflow.runs().iter().flat_map(|run| {
        let attachments = run.body["attachments"].as_array().cloned().unwrap_or_default();
        let way = "workflow".to_owned();
        attachments
            .into_iter()
            .map(move |mut one| (run.at, way.clone(), run.failed.clone(), one["content"].take()))
    });
    let mut all: Vec<_> = of_graph.chain(by_workflow).collect();
    all.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let shown = all.into_iter();
    shown
        .map(|(at, by, failed, card)| json!({"at": at.to_string(), "by": by, "failed": failed, "card": card}))
        .collect()
}

fn event(delivery: &Delivery) -> Value {
    let body = delivery.json();
    json!({
        "at": delivery.at.to_string(),
        "to": delivery.name,
        "type": body["type"],
        "subject": body["subject"],
        "title": body["data"]["title"],
        "id": body["id"],
        "signed": delivery.signed,
    })
}

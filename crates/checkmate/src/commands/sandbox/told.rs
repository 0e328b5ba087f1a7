//! What has arrived at the stand-ins since they began, in a few lines.

use std::collections::BTreeMap;

use checkmate_domain::Timestamp;
use checkmate_sandbox::Office;
use checkmate_sandbox::jira::{Category, Issue};

use super::HOOK;
use crate::view::{count, plain};

/// What is named of a kind; the rest is counted.
const NAMED: usize = 10;

/// What was there before.
pub(super) struct Before {
    tickets: BTreeMap<u64, (Category, Timestamp)>,
    pages: BTreeMap<u64, u64>,
    messages: usize,
    runs: usize,
    events: usize,
}

impl Before {
    pub(super) fn of(office: &Office) -> Self {
        let tickets = office.jira().issues();
        let pages = office.confluence().pages();
        Self {
            tickets: tickets.iter().map(|one| (one.id, (one.category, one.updated))).collect(),
            pages: pages.iter().map(|page| (page.id, page.number())).collect(),
            messages: office.teams().messages().len(),
            runs: office.teams().runs().len(),
            events: office.deliveries(HOOK).len(),
        }
    }

    /// What has arrived since.
    pub(super) fn told(&self, office: &Office) -> String {
        [self.tickets(office), self.pages(office), self.cards(office), self.events(office)].concat()
    }

    /// What happened to a ticket; nothing where it is as it was.
    fn happened(&self, ticket: &Issue) -> Option<&'static str> {
        let is_done = |category| category == Category::Done;
        let Some((category, updated)) = self.tickets.get(&ticket.id) else { return Some("new") };
        match (is_done(*category), is_done(ticket.category)) {
            (false, true) => Some("closed"),
            (true, false) => Some("reopened"),
            _ => (*updated != ticket.updated).then_some("changed"),
        }
    }

    fn tickets(&self, office: &Office) -> String {
        let tickets = office.jira().issues();
        let open = tickets.iter().filter(|ticket| ticket.category != Category::Done).count();
        let mut news: Vec<(&str, &Issue)> =
            tickets.iter().filter_map(|ticket| Some((self.happened(ticket)?, ticket))).collect();
        news.sort_by_key(|(_, ticket)| due(ticket));
        let words: Vec<&str> = news.iter().map(|(word, _)| *word).collect();
        let mut text =
            format!("Jira has {}, {open} open: {}\n", count(tickets.len(), "ticket"), counted(&words));
        for (word, ticket) in news.iter().take(NAMED) {
            text.push_str(&format!("  {word:<9} {:<7} {}\n", ticket.key, plain(ticket.summary(), 90)));
        }
        text + &more(news.len())
    }

    fn pages(&self, office: &Office) -> String {
        let pages = office.confluence().pages();
        let news: Vec<(&str, String)> = pages
            .iter()
            .filter_map(|page| match self.pages.get(&page.id) {
                None => Some(("new", plain(page.title(), 90))),
                Some(number) => (*number != page.number()).then(|| ("changed", plain(page.title(), 90))),
            })
            .collect();
        let words: Vec<&str> = news.iter().map(|(word, _)| *word).collect();
        let mut text = format!("Confluence has {}: {}\n", count(pages.len(), "page"), counted(&words));
        for (word, title) in news.iter().take(NAMED) {
            text.push_str(&format!("  {word:<9} {title}\n"));
        }
        text + &more(news.len())
    }

    fn cards(&self, office: &Office) -> String {
        let (messages, runs) = (office.teams().messages().len(), office.teams().runs().len());
        let (in_channel, by_workflow) =
            (messages.saturating_sub(self.messages), runs.saturating_sub(self.runs));
        format!(
            "Teams has {}: {in_channel} new in the channel, {by_workflow} by the workflow\n",
            count(messages + runs, "card")
        )
    }

    fn events(&self, office: &Office) -> String {
        let events = office.deliveries(HOOK);
        let news = events.get(self.events..).unwrap_or_default();
        let unsigned = news.iter().filter(|event| event.signed != Some(true)).count();
        let word = match (news.len(), unsigned) {
            (0, _) => "nothing new, as no finding has changed".to_owned(),
            (new, 0) => format!("{new} new, each signed"),
            (new, unsigned) => format!("{new} new, {unsigned} of them not signed as they should be"),
        };
        format!("the webhook has {}: {word}\n", count(events.len(), "event"))
    }
}

/// Tickets that are due first come first.
fn due(ticket: &Issue) -> (String, u64) {
    let due = ticket.fields.get("duedate").and_then(|day| day.as_str()).unwrap_or("9");
    (due.to_owned(), ticket.id)
}

/// `21 new`, `1 closed, 2 changed`, `nothing new`.
fn counted(words: &[&str]) -> String {
    let kinds = ["new", "closed", "reopened", "changed"];
    let numbers = kinds.map(|kind| (words.iter().filter(|word| **word == kind).count(), kind));
    let told: Vec<String> = numbers
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, kind)| format!("{number} {kind}"))
        .collect();
    if told.is_empty() { "nothing new".to_owned() } else { told.join(", ") }
}

fn more(number: usize) -> String {
    if number > NAMED { format!("  and {} more\n", number - NAMED) } else { String::new() }
}

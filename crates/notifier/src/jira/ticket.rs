//! How one ticket should look; pure.

use checkmate_domain::{DeliveryId, Timestamp, TransitionKind, hash};
use serde_json::{Value, json};

use crate::policy::{self, News, Shape};
use crate::render::{self, adf};
use crate::sender::File;

/// Places that a remark names one by one.
const NAMED: usize = 20;

/// Where a ticket leads back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackLink {
    /// An address of ours.
    pub url: String,
    /// What it is called.
    pub title: String,
}

/// A ticket as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub(super) id: DeliveryId,
    /// Key of its project.
    pub(super) project: String,
    /// Name of its type.
    pub(super) issue_type: String,
    /// The body that makes it.
    pub(super) body: Value,
    /// What else stands in it, as policy says.
    pub(super) fields: Vec<policy::FieldText>,
    /// The account that a person has given it to.
    pub(super) assignee: Option<String>,
    /// All of its findings, where the description does not hold them.
    pub(super) file: Option<File>,
    /// The remark that says what changed, a document.
    pub(super) note: Value,
    /// Whether somebody has to act.
    pub(super) open: bool,
    pub(super) link: Option<BackLink>,
    look: String,
}

impl Ticket {
    /// The ticket that a wish asks for; nothing when it asks for something else. `now` is the day its time to mend begins.
    #[must_use]
    pub fn of(
        jira: &policy::Jira,
        id: &DeliveryId,
        shape: &Shape<'_>,
        link: Option<BackLink>,
        now: Timestamp,
    ) -> Option<Self> {
        let (members, made) = match shape {
            Shape::Ticket(members) => (members, render::jira::create(jira, id, members, now)),
            Shape::Summary(members) => (members, render::jira::create_summary(jira, id, members)),
            _ => return None,
        };
        let render::jira::Made { body, file } = made;
        let open = members.iter().any(|news| news.is_open());
        let assignee = match shape {
            Shape::Ticket(members) => policy::assigned(members).map(str::to_owned),
            _ => None,
        };
        let look = look(&body, members, open, link.as_ref(), assignee.as_deref());
        let (project, issue_type) = (jira.project.clone(), jira.issue_type.clone());
        let (fields, note) = (jira.fields.clone(), note(members, open));
        Some(Self {
            id: id.clone(),
            project,
            issue_type,
            body,
            fields,
            assignee,
            file,
            note,
            open,
            link,
            look,
        })
    }

    /// Whether somebody has to act.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// A hash of how it should look: what `look` of its row in the ledger is set to.
    #[must_use]
    pub fn look(&self) -> &str {
        &self.look
    }
}

/// What is set once, when the ticket is made, is no part of it: the day it is due, and whose it is as long as no person says
/// so. How often a finding came back is: a ticket
/// that was closed and is to be open again never looks as it did.
fn look(
    body: &Value,
    members: &[&News],
    open: bool,
    link: Option<&BackLink>,
    assignee: Option<&str>,
) -> String {
    let mut fields = body["fields"].clone();
    if let Some(fields) = fields.as_object_mut() {
        for once in ["duedate", "assignee", "components"] {
            fields.remove(once);
        }
    }
    let came_back: u32 = members.iter().map(|news| news.record.reopened).sum();
    let (url, title) = link.map_or(("", ""), |link| (link.url.as_str(), link.title.as_str()));
    let (fields, open, came_back) = (fields.to_string(), open.to_string(), came_back.to_string());
    let parts = [&fields, &open, &came_back, url, title];
    let parts: Vec<&str> = parts.into_iter().chain(assignee).collect();
    hash::derive("checkmate.jira-look.v1", &parts, 32)
}

/// What this scan changed, in a remark.
fn note(members: &[&News], open: bool) -> Value {
    let waived = members.iter().any(|news| news.waiver.is_some());
    let first = match (open, waived) {
        _ if members.is_empty() => "All that this ticket named has tickets of its own by now.",
        (true, _) => "This has changed; the description above says how it stands.",
        (false, false) => "Nothing of this is open any more: each place was looked at again.",
        (false, true) => {
            "Nothing of this is to be mended now: each place was looked at again, or is accepted, as the description above says."
        }
    };
    let changed: Vec<(&str, &News)> =
        members.iter().filter_map(|news| Some((word(news.change?), *news))).collect();
    let mut content = vec![adf::paragraph(vec![adf::plain(first)])];
    let named = changed.iter().take(NAMED);
    content.extend(adf::list(
        named.map(|(word, news)| vec![adf::strong(word), adf::plain(&render::place(news))]).collect(),
    ));
    if changed.len() > NAMED {
        let more = format!("and {} more", render::count(changed.len() - NAMED, "place"));
        content.push(adf::paragraph(vec![adf::plain(&more)]));
    }
    adf::doc(&content)
}

const fn word(change: TransitionKind) -> &'static str {
    match change {
        TransitionKind::Opened => "New:",
        TransitionKind::Resolved => "Mended:",
        TransitionKind::Reopened => "Back again:",
        TransitionKind::Withdrawn => "Gone:",
        TransitionKind::Changed => "Changed:",
    }
}

/// What a ticket carries of ours: whose it is, and how far it was brought. Written last of all, so that what it says is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Mark {
    /// The delivery.
    pub(super) id: String,
    /// The look it has.
    #[serde(default)]
    pub(super) look: String,
    /// How many changes it has seen: the name of the next remark.
    #[serde(default)]
    pub(super) changes: u64,
    /// Whether it was left open: if it is closed now, a person did that.
    #[serde(default)]
    pub(super) open: bool,
    /// The account that it was given to because a person said so. Whom it is given to in Jira after that stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) assignee: Option<String>,
    /// The name of the file that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
}

impl Mark {
    /// Of a ticket that was just made: what is put on it comes after that.
    pub(super) fn new(ticket: &Ticket) -> Self {
        let (id, look, assignee) = (ticket.id.to_string(), ticket.look.clone(), ticket.assignee.clone());
        Self { id, look, changes: 0, open: ticket.open, assignee, file: None }
    }

    /// After one more change.
    pub(super) fn next(&self, ticket: &Ticket) -> Self {
        let assignee = ticket.assignee.clone().or_else(|| self.assignee.clone());
        Self { changes: self.changes + 1, assignee, ..Self::new(ticket) }.with_file(ticket)
    }

    /// With the file that it should have.
    pub(super) fn with_file(self, ticket: &Ticket) -> Self {
        Self { file: ticket.file.as_ref().map(|file| file.name.clone()), ..self }
    }

    pub(super) fn json(&self) -> Value {
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{ScanId, Subject};

    use super::*;
    use crate::render::tests::{news, outcome, project};

    fn ticket(shape: &Shape<'_>, now: i64) -> Ticket {
        let id = DeliveryId::derived("r", &Subject::Scan(ScanId::new("s").unwrap()));
        Ticket::of(&project(), &id, shape, None, Timestamp::from_millis(now)).unwrap()
    }

    #[test]
    fn a_look_changes_with_what_a_person_sees_and_not_with_the_day() {
        let opened = news("auth0.a.b", "c", "x", Some(TransitionKind::Opened));
        let known = news("auth0.a.b", "c", "x", None);
        let closed = news("auth0.a.b", "c", "x", Some(TransitionKind::Resolved));
        let mut again = known.clone();
        again.record.reopened = 1;
        let first = ticket(&Shape::Ticket(vec![&opened]), 0);
        assert_eq!(first.look(), ticket(&Shape::Ticket(vec![&known]), 86_400_000 * 9).look());
        for other in [&closed, &again] {
            assert_ne!(first.look(), ticket(&Shape::Ticket(vec![other]), 0).look());
        }
        assert!(first.open && !ticket(&Shape::Ticket(vec![&closed]), 0).open);
    }

    #[test]
    fn a_remark_names_what_changed_and_counts_what_is_too_much() {
        let many: Vec<News> = (0..30)
            .map(|n| news("auth0.a.b", &format!("c{n}"), &format!("App {n}"), Some(TransitionKind::Resolved)))
            .collect();
        let shape = Shape::Ticket(many.iter().collect());
        let text = ticket(&shape, 0).note.to_string();
        assert!(text.contains("App 19") && !text.contains("App 20"), "{text}");
        assert!(text.contains("and 10 places more"), "{text}");
    }

    #[test]
    fn only_tickets_are_tickets() {
        let outcome = outcome(vec![]);
        let id = DeliveryId::derived("r", &Subject::Scan(outcome.scan));
        let none = Ticket::of(&project(), &id, &Shape::Digest(vec![]), None, Timestamp::from_millis(0));
        assert_eq!(none, None);
    }
}

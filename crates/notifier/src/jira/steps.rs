//! What is done to one ticket. Everything but making it can be done twice: each step looks first whether it is done.

use checkmate_domain::DeliveryId;
use serde_json::{Map, Value};

use super::answer::{Category, Created, Field, Files, Found, Issue, Remarks, Screen, Types, Ways};
use super::fields::{asked_for, filled};
use super::request;
use super::site::Site;
use super::ticket::{Mark, Ticket};
use super::workflow::{Move, fits, step};
use crate::render::line;
use crate::sender::Trouble;

/// Steps through a workflow; through work and to its end are two.
const STEPS: usize = 3;

impl Site<'_> {
    /// Makes a ticket; its key. An answer that cannot be read is a lost one.
    pub(super) async fn create(&self, ticket: &Ticket) -> Result<String, Trouble> {
        let more = self.more(ticket).await.map_err(Trouble::of_reading)?;
        match self.ask::<Created>(&request::create(ticket, &more)).await {
            Ok(created) => Ok(created.key),
            Err(Trouble::Refused { text, fields }) => Err(self.named(ticket, &more, text, fields).await),
            Err(trouble) => Err(trouble),
        }
    }

    /// What a new ticket has besides, as its project takes it.
    async fn more(&self, ticket: &Ticket) -> Result<Map<String, Value>, Trouble> {
        if ticket.fields.is_empty() {
            return Ok(Map::new());
        }
        let screen = self.screen(ticket).await?.map_err(Trouble::Unusable)?;
        filled(&screen, ticket).map_err(Trouble::Unusable)
    }

    /// The ticket of a delivery as the index has it by now; only one that carries our property.
    pub(super) async fn find(&self, id: &DeliveryId) -> Result<Option<String>, Trouble> {
        Ok(self.all(id).await?.into_iter().next().map(|issue| issue.key))
    }

    /// All tickets of a delivery, oldest first; one, but for a sender that froze inside the write.
    pub(super) async fn all(&self, id: &DeliveryId) -> Result<Vec<Issue>, Trouble> {
        Ok(self.ask::<Found>(&request::search(id)).await?.ours(id))
    }

    /// Closes a ticket that was made a second time, and says of which. Our mark goes last: until then it is done again.
    pub(super) async fn close_duplicate(&self, younger: &Issue, older: &str) -> Result<(), Trouble> {
        self.send(&request::duplicate(&younger.key, older)).await?;
        let now: Issue = self.ask(&request::read(&younger.key)).await?;
        self.go(&younger.key, now.category(), false).await?;
        self.send(&request::disown(&younger.key, older)).await?;
        Ok(())
    }

    /// The link back. Sent each time, as the same link twice is one.
    pub(super) async fn link(&self, key: &str, ticket: &Ticket) -> Result<(), Trouble> {
        if let Some(link) = &ticket.link {
            self.send(&request::link(key, &ticket.id, link)).await?;
        }
        Ok(())
    }

    /// Brings a ticket to where it should be. The mark comes last: as long as it says otherwise, all of it is done again.
    pub(super) async fn bring(&self, key: &str, ticket: &Ticket) -> Result<(), Trouble> {
        let issue: Issue = self.ask(&request::read(key)).await?;
        let mark = issue.mark().unwrap_or_default();
        if mark.id != ticket.id.as_str() || mark.look != ticket.look() {
            // What is closed may refuse to be edited: it is opened first, and closed last.
            let reopens = ticket.open && !fits(issue.category(), true);
            if reopens {
                self.go(key, issue.category(), true).await?;
            }
            let edited = self.send(&request::edit(key, ticket, &mark)).await;
            edited.map_err(|trouble| nobody(trouble, ticket))?;
            let next = mark.next(ticket);
            self.remark(key, &ticket.note, &next.json()).await?;
            if !reopens {
                self.go(key, issue.category(), ticket.open).await?;
            }
            // A site that takes no file has its ticket closed all the same.
            self.keep_list(key, ticket, &mark).await?;
            self.send(&request::mark(key, &next)).await?;
        } else if self.keep_list(key, ticket, &mark).await? {
            self.send(&request::mark(key, &mark.with_file(ticket))).await?;
        }
        self.link(key, ticket).await
    }

    /// What is done to a ticket that was just made.
    pub(super) async fn complete(&self, key: &str, ticket: &Ticket) -> Result<(), Trouble> {
        match &ticket.file {
            Some(_) => self.bring(key, ticket).await,
            None => self.link(key, ticket).await,
        }
    }

    /// Sees to the list of all findings: the one of now is on the ticket once, those of before are not. What is there is
    /// looked at first, as an upload cannot be told from a second one. False when nothing was to be done.
    async fn keep_list(&self, key: &str, ticket: &Ticket, mark: &Mark) -> Result<bool, Trouble> {
        let name = ticket.file.as_ref().map(|file| file.name.as_str());
        if mark.file.as_deref() == name {
            return Ok(false);
        }
        let lists = self.ask::<Files>(&request::files(key)).await?.lists(&ticket.id);
        let (there, others): (Vec<_>, Vec<_>) =
            lists.into_iter().partition(|list| Some(list.filename.as_str()) == name);
        if let Some(file) = ticket.file.as_ref().filter(|_| there.is_empty()) {
            self.send(&request::attach(key, file)).await.map_err(unattached)?;
        }
        for list in there.iter().skip(1).chain(&others) {
            match self.send(&request::detach(&list.id)).await {
                // Another one was faster, or the account may add files and not take them away: then it stays.
                Ok(_) | Err(Trouble::Gone(_) | Trouble::Unusable(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(true)
    }

    /// Says what changed, unless that was said.
    pub(super) async fn remark(&self, key: &str, note: &Value, change: &Value) -> Result<(), Trouble> {
        let remarks: Remarks = self.ask(&request::remarks(key)).await?;
        if !remarks.tell(change) {
            self.send(&request::remark(key, note, change)).await?;
        }
        Ok(())
    }

    /// Moves it to a status of the right kind.
    pub(super) async fn go(&self, key: &str, mut from: Category, open: bool) -> Result<(), Trouble> {
        for _ in 0..STEPS {
            if fits(from, open) {
                return Ok(());
            }
            let ways: Ways = self.ask(&request::ways(key)).await?;
            match step(from, open, &ways.transitions) {
                Move::Stay => return Ok(()),
                Move::Go(way) => {
                    self.send(&request::go(key, &way)).await?;
                }
                Move::Stuck(text) => return Err(Trouble::refused(text)),
            }
            from = self.ask::<Issue>(&request::read(key)).await?.category();
        }
        let text = "it is not where its workflow should have led it: move it by hand".to_owned();
        Err(Trouble::refused(text))
    }

    /// A refusal with the names that people know the fields by, all that the screen asks for, and the keys that set it: it
    /// waits for that. Where the screen cannot be read, or it is not about a person's fields, the refusal stands as it is.
    async fn named(
        &self,
        ticket: &Ticket,
        sent: &Map<String, Value>,
        text: String,
        fields: Vec<(String, String)>,
    ) -> Trouble {
        let more = match self.screen(ticket).await {
            _ if fields.is_empty() => None,
            Ok(Ok(screen)) => asked_for(&screen, ticket, sent, &fields),
            Ok(Err(types)) => Some(types),
            Err(_) => None,
        };
        match more {
            Some(more) => Trouble::Unusable(format!("{text}. {more}")),
            None => Trouble::Refused { text, fields },
        }
    }

    /// The fields of the ticket's type; or which types there are, when it is none of them.
    async fn screen(&self, ticket: &Ticket) -> Result<Result<Vec<Field>, String>, Trouble> {
        let types: Types = self.ask(&request::types(&ticket.project)).await?;
        let Some(own) = types.issue_types.iter().find(|one| one.name == ticket.issue_type) else {
            let names: Vec<&str> = types.issue_types.iter().map(|one| one.name.as_str()).collect();
            let text = format!(
                "{} has no issue type '{}'; it has {}: set issue_type of the route",
                ticket.project,
                ticket.issue_type,
                line(&names.join(", "), 300)
            );
            return Ok(Err(text));
        };
        let screen: Screen = self.ask(&request::fields(&ticket.project, &own.id)).await?;
        Ok(Ok(screen.fields))
    }
}

/// The ticket is there, as it was read just now: it is the file that is not taken.
fn unattached(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Gone(said) => Trouble::Unusable(format!(
            "the list of all findings cannot be attached ({said}): allow attachments in the project, and the account to make them"
        )),
        trouble => trouble,
    }
}

/// An account that may not have the ticket is for a person to mend.
fn nobody(trouble: Trouble, ticket: &Ticket) -> Trouble {
    match (trouble, &ticket.assignee) {
        (Trouble::Refused { text, fields }, Some(account))
            if fields.iter().any(|(id, _)| id == "assignee") =>
        {
            let account = line(account, 130);
            Trouble::Unusable(format!(
                "{text}. The account {account} cannot have it: 'findings assign' names another"
            ))
        }
        (trouble, _) => trouble,
    }
}

//! One effect in the words of its vendor, and the way out.

use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryRecord};
use checkmate_store::{LedgerStore, StoreError};

use super::{Channel, Way};
use crate::Clock;
use crate::confluence::{self, Page};
use crate::jira::{self, Ticket};
use crate::outcome::View;
use crate::policy::{Destination, Route, Shape, Wish};
use crate::sender::Access;
use crate::teams::{Card, channel, workflow};
use crate::webhook::{self, Event};

/// What goes out for one wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Parcel {
    /// A ticket.
    Ticket(Box<Ticket>),
    /// A page.
    Page(Box<Page>),
    /// A message.
    Card(Box<Card>),
    /// An event.
    Event(Box<Event>),
}

impl Parcel {
    /// What a wish asks for; nothing where its route sends nothing of that shape.
    #[must_use]
    pub fn of(wish: &Wish<'_>, view: &View) -> Option<Self> {
        let (name, shape) = (&wish.route.name, &wish.shape);
        let id = DeliveryId::derived(name, &wish.subject);
        Some(match &wish.route.to {
            Destination::Jira(jira) => {
                Self::Ticket(Box::new(Ticket::of(jira, &id, shape, None, view.over_at())?))
            }
            Destination::Confluence(pages) => {
                Self::Page(Box::new(Page::of(name, *pages, &id, &view.scanned().told_by(wish.route), shape)?))
            }
            Destination::Teams => {
                Self::Card(Box::new(Card::of(&id, &view.scanned().told_by(wish.route), shape)?))
            }
            Destination::Webhook => {
                let Shape::Event(news) = shape else { return None };
                let at = view.changed_at(&news.record);
                Self::Event(Box::new(Event::of(&id, &view.scanned().scan, news, at)))
            }
        })
    }

    /// A hash of how it should look.
    #[must_use]
    pub fn look(&self) -> &str {
        match self {
            Self::Ticket(ticket) => ticket.look(),
            Self::Page(page) => page.look(),
            Self::Card(card) => card.look(),
            Self::Event(event) => event.look(),
        }
    }

    /// Whether it only says that nothing of it is open any more.
    pub(super) const fn is_closing(&self) -> bool {
        matches!(self, Self::Ticket(ticket) if !ticket.is_open())
    }

    /// Whether a channel takes it: a route may have led elsewhere when it was planned.
    pub(super) const fn fits(&self, channel: &Channel) -> bool {
        matches!(
            (self, channel),
            (Self::Ticket(_), Channel::Jira(_))
                | (Self::Page(_), Channel::Confluence(_))
                | (Self::Card(_), Channel::Teams(_) | Channel::Workflow(_))
                | (Self::Event(_), Channel::Webhook(_))
        )
    }

    /// Does what is next about its row.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub(super) async fn send(
        &self,
        way: &Way,
        row: &DeliveryRecord,
        ledger: Arc<dyn LedgerStore>,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Result<(), StoreError> {
        let turn = match (&way.channel, self) {
            (Channel::Jira(to), Self::Ticket(ticket)) => {
                jira::Sender::new(to.clone(), ledger, access, clock).deliver(row, ticket).await
            }
            (Channel::Confluence(to), Self::Page(page)) => {
                confluence::Sender::new(to.clone(), ledger, access, clock).deliver(row, page).await
            }
            (Channel::Teams(to), Self::Card(card)) => {
                channel::Sender::new(to.clone(), ledger, access, clock).deliver(row, card).await
            }
            (Channel::Workflow(to), Self::Card(card)) => {
                workflow::Sender::new(to.clone(), ledger, access, clock).deliver(row, card).await
            }
            (Channel::Webhook(to), Self::Event(event)) => {
                webhook::Sender::new(to.clone(), ledger, access, clock).deliver(row, event).await
            }
            // Looked at before, see `fits`.
            _ => return Ok(()),
        };
        turn.map(drop)
    }
}

/// Whether what is on the outside is kept as it should look; posts and events are sent once.
pub(super) const fn is_living(route: &Route) -> bool {
    match route.to {
        Destination::Jira(_) | Destination::Confluence(_) => true,
        Destination::Teams | Destination::Webhook => false,
    }
}

/// Whether a wish is only that nothing is open: where nothing is on the outside, there is nothing to do about it.
pub(super) fn is_over(wish: &Wish<'_>) -> bool {
    match &wish.shape {
        Shape::Ticket(members) | Shape::Summary(members) => !members.iter().any(|news| news.is_open()),
        Shape::Urgent(_) | Shape::Digest(_) | Shape::Posture(_) | Shape::ScanPage(_) | Shape::Event(_) => {
            false
        }
    }
}

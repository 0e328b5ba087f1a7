//! One effect in the words of its vendor, and the way out.

use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryRecord};
use checkmate_store::{LedgerStore, StoreError};

use super::{Channel, Way};
use crate::Clock;
use crate::jira::{self, Access, Ticket};
use crate::outcome::View;
use crate::policy::{Destination, Route, Shape, Wish};

/// What goes out for one wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Parcel {
    /// A ticket.
    Ticket(Box<Ticket>),
}

impl Parcel {
    /// What a wish asks for; nothing where no sender is there for it.
    #[must_use]
    pub fn of(wish: &Wish<'_>, view: &View) -> Option<Self> {
        let id = DeliveryId::derived(&wish.route.name, &wish.subject);
        match &wish.route.to {
            Destination::Jira(jira) => {
                let ticket = Ticket::of(jira, &id, &wish.shape, None, view.over_at())?;
                Some(Self::Ticket(Box::new(ticket)))
            }
            Destination::Teams | Destination::Confluence | Destination::Webhook => None,
        }
    }

    /// A hash of how it should look.
    #[must_use]
    pub fn look(&self) -> &str {
        match self {
            Self::Ticket(ticket) => ticket.look(),
        }
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
        match (&way.channel, self) {
            (Channel::Jira(settings), Self::Ticket(ticket)) => {
                let sender = jira::Sender::new(settings.clone(), ledger, access, clock);
                sender.deliver(row, ticket).await.map(drop)
            }
        }
    }
}

/// Whether what is on the outside is kept as it should look; posts and events are sent once.
pub(super) const fn is_living(route: &Route) -> bool {
    match route.to {
        Destination::Jira(_) | Destination::Confluence => true,
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

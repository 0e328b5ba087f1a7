//! Tickets in Jira Cloud: one row of the ledger brought forward.
//!
//! Making a ticket is the one thing that cannot be done twice and has no key against it. So the row says `sending` before
//! the request leaves; where no answer comes, the ticket is looked for by its label until the index must have it, and only
//! then made again. What is found is taken only if it carries our property, which no clone does. All else that is done to a
//! ticket is looked at before it is done, and a mark on the ticket, written last, says that it is done.
//!
//! `request`, `answer`, `fields`, `trouble`, `workflow` and `ticket` are pure; `site` sends, `steps` says in which order.

mod answer;
mod fields;
mod poll;
mod request;
mod site;
mod steps;
mod ticket;
mod trouble;
mod watch;
mod workflow;

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};
use checkmate_outbound::{BaseUrl, BudgetKey};
use checkmate_store::{LedgerStore, StoreError};

pub(crate) use poll::{Listing, Standing, still_there};
use site::Site;
pub use ticket::{BackLink, Ticket};
use trouble::NOWHERE;
pub use watch::Watched;

use crate::Clock;
use crate::ledger::{Looked, Promise, Sent, Step, Times};
pub use crate::sender::{Access, File, Held, NoAccess, Turn};
use crate::sender::{Api, Row, Taken, Trouble, Turns};

/// What a credential must be allowed for tickets.
pub const SCOPES: &[&str] = &["read:jira-work", "write:jira-work"];

/// Where tickets go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://api.atlassian.com/ex/jira/{cloudId}`; the cloud id is configured, as the list of sites that a token reaches
    /// does not say which one is meant.
    pub base: BaseUrl,
    /// When the ledger's steps are due. `hold` is longer than all requests of one turn with their repeats; `looks` add up to
    /// more than the index is ever late.
    pub times: Times,
}

/// Times that fit Jira Cloud: its index is seconds late, minutes at worst.
#[must_use]
pub fn times() -> Times {
    Times {
        hold: Duration::from_mins(3),
        looks: [5, 15, 45, 120, 300].map(Duration::from_secs).to_vec(),
        again: Duration::from_secs(2),
        again_at_most: Duration::from_mins(5),
    }
}

/// Brings deliveries forward, each a turn at a time. One for a job, as it holds the job's lease.
pub struct Sender {
    base: BaseUrl,
    turns: Turns,
    access: Arc<dyn Access>,
    budget: BudgetKey,
}

impl Sender {
    /// A sender over these parts.
    #[must_use]
    pub fn new(
        settings: Settings,
        store: Arc<dyn LedgerStore>,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let budget = BudgetKey::new(format!("jira:{}", settings.base));
        let turns = Turns::new("ticket", Promise::ExactlyOnce, settings.times, store, clock);
        Self { base: settings.base, turns, access, budget }
    }

    /// The site, for a turn until then.
    fn site(&self, until: Timestamp) -> Site<'_> {
        Site(Api {
            base: &self.base,
            root: &["rest", "api", "3"],
            budget: &self.budget,
            access: &*self.access,
            clock: self.turns.clock(),
            until,
            trouble: trouble::of_answer,
        })
    }

    /// Takes a row that is due and does what is next about it, so that the ticket looks as given. Whatever is cut off in
    /// between falls due again, and goes on from what is there.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, ticket: &Ticket) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, ticket.id, "a ticket goes with its own row");
        let (mut row, step, until) = match self.turns.take(record, Some(ticket.look())).await? {
            Taken::Ours(row, step, until) => (row, step, until),
            Taken::Not(turn) => return Ok(turn),
        };
        let ours = step == Step::Write || self.work(&mut row, step, ticket, until).await?;
        Ok(self.turns.over(row, ours))
    }

    /// Finds the ticket or makes it, then brings it to where it should be. False when the turn was lost.
    async fn work(
        &self,
        row: &mut Row<'_>,
        step: Step,
        ticket: &Ticket,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let site = self.site(until);
        if let Some(key) = row.record().remote.clone() {
            return self.bring(row, &site, &key, ticket).await;
        }
        if step == Step::Look {
            return self.look(row, &site, ticket).await;
        }
        if !ticket.open {
            // Nobody is told to do what is done already.
            return self.turns.sent(row, Some(Sent::Done(None))).await;
        }
        match site.create(ticket).await {
            Ok(key) => {
                // From here on it is found by its name, whatever happens to this sender.
                if !self.turns.adopt(row, &key, ticket.look()).await? {
                    return Ok(false);
                }
                let outcome = site.complete(&key, ticket).await;
                self.changed(row, &key, outcome).await
            }
            Err(trouble) => self.turns.sent(row, trouble.of_create(NOWHERE)).await,
        }
    }

    /// Looks for the ticket whose answer was lost.
    async fn look(&self, row: &mut Row<'_>, site: &Site<'_>, ticket: &Ticket) -> Result<bool, StoreError> {
        match site.find(&ticket.id).await {
            Ok(Some(key)) => Ok(self.turns.adopt(row, &key, ticket.look()).await?
                && self.bring(row, site, &key, ticket).await?),
            Ok(None) => self.turns.looked(row, Looked::NotSeen, None).await,
            Err(trouble) => self.turns.unseen(row, &trouble).await,
        }
    }

    async fn bring(
        &self,
        row: &mut Row<'_>,
        site: &Site<'_>,
        key: &str,
        ticket: &Ticket,
    ) -> Result<bool, StoreError> {
        let outcome = site.bring(key, ticket).await;
        self.changed(row, key, outcome).await
    }

    /// Writes what came of changing a ticket that is there.
    async fn changed(
        &self,
        row: &mut Row<'_>,
        key: &str,
        outcome: Result<(), Trouble>,
    ) -> Result<bool, StoreError> {
        if let Err(Trouble::Gone(said)) = &outcome {
            return self.lost(row, key, said).await;
        }
        self.turns.changed(row, key, key, outcome).await
    }

    /// Writes that a ticket is there no more. Its key is forgotten, so that a person who tries it again gets a new one.
    async fn lost(&self, row: &mut Row<'_>, key: &str, said: &str) -> Result<bool, StoreError> {
        let (why, now) = (gone(key, said), self.turns.clock().now());
        row.write(|record| without(record, why.clone(), now)).await
    }
}

/// What is told of a ticket that is there no more.
pub(crate) fn gone(key: &str, said: &str) -> String {
    format!(
        "{key} was deleted, or the account may not see it any more ({said}): it is not made again by itself; \
         'deliveries retry' makes a new one"
    )
}

/// A row whose ticket is lost.
pub(crate) fn without(record: &DeliveryRecord, why: String, now: Timestamp) -> DeliveryRecord {
    DeliveryRecord {
        state: DeliveryState::Failed,
        approval: None,
        due: None,
        remote: None,
        sent: None,
        why: Some(why),
        changed_at: now,
        ..record.clone()
    }
}

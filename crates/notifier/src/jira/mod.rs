//! Tickets in Jira Cloud: one row of the ledger brought forward.
//!
//! Making a ticket is the one thing that cannot be done twice and has no key against it. So the row says `sending` before
//! the request leaves; where no answer comes, the ticket is looked for by its label until the index must have it, and only
//! then made again. What is found is taken only if it carries our property, which no clone does. All else that is done to a
//! ticket is looked at before it is done, and a mark on the ticket, written last, says that it is done.
//!
//! `request`, `answer`, `trouble`, `workflow` and `ticket` are pure; `site` sends, `steps` says in which order.

mod access;
mod answer;
mod request;
mod row;
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

pub use access::{Access, Held, NoAccess, SCOPES};
use row::Row;
use site::Site;
pub use ticket::{BackLink, Ticket};
use trouble::Trouble;
pub use watch::Watched;

use crate::Clock;
use crate::ledger::{self, Looked, Promise, Sent, Step, Times};

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
    settings: Settings,
    store: Arc<dyn LedgerStore>,
    access: Arc<dyn Access>,
    clock: Arc<dyn Clock>,
    budget: BudgetKey,
}

/// What came of a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It was not due.
    NotDue,
    /// Somebody else has it, or had it before this turn was over.
    Overtaken,
    /// The row as it stands.
    Over(Box<DeliveryRecord>),
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
        Self { settings, store, access, clock, budget }
    }

    /// The site, for a turn until then.
    fn site(&self, until: Timestamp) -> Site<'_> {
        let (access, clock) = (&*self.access, &*self.clock);
        Site { base: &self.settings.base, budget: &self.budget, access, clock, until }
    }

    /// Takes a row that is due and does what is next about it, so that the ticket looks as given. Whatever is cut off in
    /// between falls due again, and goes on from what is there.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, ticket: &Ticket) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, ticket.id, "a ticket goes with its own row");
        let now = self.clock.now();
        let Some((taken, step)) = ledger::take(record, Promise::ExactlyOnce, &self.settings.times, now)
        else {
            return Ok(Turn::NotDue);
        };
        // What goes out is this ticket, whatever the row has come to want.
        let sends = step == Step::Send || record.remote.is_some();
        let sent = if sends { Some(ticket.look().to_owned()) } else { taken.sent.clone() };
        let until = taken.due.unwrap_or(now);
        let taken = DeliveryRecord { sent, ..taken };
        let Some(mut row) = Row::take(&*self.store, taken).await? else { return Ok(Turn::Overtaken) };
        let ours = step == Step::Write || self.work(&mut row, step, ticket, until).await?;
        if !ours {
            return Ok(Turn::Overtaken);
        }
        let record = row.into_record();
        told(&record);
        Ok(Turn::Over(Box::new(record)))
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
            return self.sent(row, Some(Sent::Done(None))).await;
        }
        match site.create(ticket).await {
            Ok(key) => {
                // From here on it is found by its name, whatever happens to this sender.
                if !self.adopt(row, &key, ticket).await? {
                    return Ok(false);
                }
                let outcome = site.link(&key, ticket).await;
                self.changed(row, &key, outcome).await
            }
            Err(trouble) => self.sent(row, trouble.of_create()).await,
        }
    }

    /// Looks for the ticket whose answer was lost. As long as nobody can look, the row stays as it is: parked, it would be
    /// sent again.
    async fn look(&self, row: &mut Row<'_>, site: &Site<'_>, ticket: &Ticket) -> Result<bool, StoreError> {
        match site.find(&ticket.id).await {
            Ok(Some(key)) => {
                Ok(self.adopt(row, &key, ticket).await? && self.bring(row, site, &key, ticket).await?)
            }
            Ok(None) => self.looked(row, Looked::NotSeen, None).await,
            Err(trouble) => {
                let wait = trouble.wait(self.settings.times.again_at_most);
                self.looked(row, Looked::Failed(trouble.to_string()), wait).await
            }
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
        let clear = self.settings.times.looks.first().copied();
        let sent = match outcome {
            Ok(()) => Some(Sent::Done(Some(key.to_owned()))),
            Err(trouble) => trouble.of_change(key, clear),
        };
        self.sent(row, sent).await
    }

    /// Writes down the name of the ticket, and what it is being brought to.
    async fn adopt(&self, row: &mut Row<'_>, key: &str, ticket: &Ticket) -> Result<bool, StoreError> {
        let now = self.clock.now();
        row.write(|record| DeliveryRecord {
            remote: Some(key.to_owned()),
            sent: Some(ticket.look().to_owned()),
            version: record.version + 1,
            changed_at: now,
            ..record.clone()
        })
        .await
    }

    /// Writes what came of sending; nothing where the turn was over before anything was sent, as the row falls due by itself.
    async fn sent(&self, row: &mut Row<'_>, sent: Option<Sent>) -> Result<bool, StoreError> {
        let Some(sent) = sent else { return Ok(false) };
        let (times, now) = (&self.settings.times, self.clock.now());
        row.write(|record| ledger::sent(record, Promise::ExactlyOnce, times, sent.clone(), now)).await
    }

    /// Writes what came of looking; not before `wait` the next time, where somebody asks for that.
    async fn looked(
        &self,
        row: &mut Row<'_>,
        looked: Looked,
        wait: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let (times, now) = (&self.settings.times, self.clock.now());
        row.write(|record| {
            let next = ledger::looked(record, times, looked.clone(), now);
            DeliveryRecord { due: wait.map_or(next.due, |wait| Some(now.plus(wait))), ..next }
        })
        .await
    }
}

/// What a person has to act on is told at once.
fn told(record: &DeliveryRecord) {
    let (id, state) = (record.id.as_str(), record.state.as_str());
    let reason = record.why.as_deref().unwrap_or_default();
    match record.state {
        DeliveryState::Failed | DeliveryState::Parked => {
            tracing::warn!(delivery.id = id, delivery.state = state, reason, "ticket not delivered");
        }
        _ => tracing::debug!(delivery.id = id, delivery.state = state, reason, "ticket"),
    }
}

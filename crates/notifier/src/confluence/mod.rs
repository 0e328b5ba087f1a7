//! Pages in Confluence Cloud: one for how a scope stands, kept up to date, and one beneath it for each scan.
//!
//! Making a page has no key against a second one, but a title is taken once in a space. So the row says `sending` before the
//! request leaves, and where no answer comes the page is looked for by its title; it is ours when our property or, before that
//! is set, our id in its text says so. A page that is there is read before it is written: what stands there already is not
//! written again, and who was overtaken by another change reads once more. The property, written last, says what is done.
//!
//! `answer`, `page`, `request` and `trouble` are pure; `site` says in which order.

mod answer;
mod page;
mod request;
mod site;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};
use checkmate_outbound::{BaseUrl, BudgetKey};
use checkmate_store::{LedgerStore, StoreError};

pub use page::Page;
use site::{Found, Site};
use trouble::NOWHERE;

use crate::Clock;
use crate::ledger::{Looked, Promise, Sent, Step, Times};
pub use crate::sender::File;
use crate::sender::{Access, Api, Row, Taken, Trouble, Turn, Turns};

/// What a credential must be allowed for pages.
pub const SCOPES: &[&str] = &["read:space:confluence", "read:page:confluence", "write:page:confluence"];

/// The same for pages with files on them.
pub const SCOPES_WITH_FILES: &[&str] =
    &["read:space:confluence", "read:page:confluence", "write:page:confluence", FILES];

/// What a file on a page takes besides.
pub const FILES: &str = "write:confluence-file";

/// How long a page waits at least for the one that it is under.
const AFTER: Duration = Duration::from_millis(500);

/// Where pages go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://api.atlassian.com/ex/confluence/{cloudId}`; the cloud id is configured.
    pub base: BaseUrl,
    /// The key of the space, or its id in digits.
    pub space: String,
    /// Id of the page that the pages of scopes are under; the home page of the space where there is none.
    pub parent: Option<String>,
    /// Whether a credential may put files on pages.
    pub files: bool,
    /// When the ledger's steps are due. `hold` is longer than all requests of one turn with their repeats.
    pub times: Times,
}

/// Times that fit Confluence Cloud, whose list of pages is not late.
#[must_use]
pub fn times() -> Times {
    Times {
        hold: Duration::from_mins(3),
        looks: [5, 15, 60].map(Duration::from_secs).to_vec(),
        again: Duration::from_secs(2),
        again_at_most: Duration::from_mins(5),
    }
}

/// Brings pages forward, each a turn at a time. One for a job, as it holds the job's lease.
pub struct Sender {
    base: BaseUrl,
    space: String,
    parent: Option<String>,
    turns: Turns,
    access: Arc<dyn Access>,
    budget: BudgetKey,
}

/// Where a page is to be.
enum Place {
    /// Under this page, or under the home page.
    Under(Option<String>),
    /// The page it is to be under comes first.
    NotYet(Sent),
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
        let Settings { base, space, parent, files: _, times } = settings;
        let budget = BudgetKey::new(format!("confluence:{base}"));
        let turns = Turns::new("page", Promise::ExactlyOnce, times, store, clock);
        Self { base, space, parent, turns, access, budget }
    }

    /// Takes a row that is due and does what is next about it, so that the page looks as given. Whatever is cut off in
    /// between falls due again, and goes on from what is there.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub async fn deliver(&self, record: &DeliveryRecord, page: &Page) -> Result<Turn, StoreError> {
        debug_assert_eq!(record.id, page.id, "a page goes with its own row");
        let (mut row, step, until) = match self.turns.take(record, Some(page.look())).await? {
            Taken::Ours(row, step, until) => (row, step, until),
            Taken::Not(turn) => return Ok(turn),
        };
        let ours = step == Step::Write || self.work(&mut row, step, page, until).await?;
        Ok(self.turns.over(row, ours))
    }

    fn site(&self, until: Timestamp) -> Site<'_> {
        let api = Api {
            base: &self.base,
            root: &["wiki"],
            budget: &self.budget,
            access: &*self.access,
            clock: self.turns.clock(),
            until,
            trouble: trouble::of_answer,
        };
        Site { api, space: &self.space }
    }

    /// Finds the page or makes it, then brings it to where it should be. False when the turn was lost.
    async fn work(
        &self,
        row: &mut Row<'_>,
        step: Step,
        page: &Page,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let site = self.site(until);
        if let Some(id) = row.record().remote.clone() {
            return self.bring(row, &site, &id, page).await;
        }
        if step == Step::Look {
            return self.look(row, &site, page).await;
        }
        match self.place(page).await? {
            Place::Under(parent) => self.make(row, &site, page, parent.as_deref()).await,
            Place::NotYet(sent) => self.turns.sent(row, Some(sent)).await,
        }
    }

    /// Where it is to be. One whose page of the scope will not come is under the page that all are under.
    async fn place(&self, page: &Page) -> Result<Place, StoreError> {
        let above = || Place::Under(self.parent.clone());
        let Some(under) = &page.under else { return Ok(above()) };
        let Some(record) = self.turns.store().delivery(under).await? else { return Ok(above()) };
        Ok(match (record.state, record.remote) {
            (DeliveryState::Failed | DeliveryState::Cancelled, _) => above(),
            (_, Some(id)) => Place::Under(Some(id)),
            (DeliveryState::Parked, None) => {
                let why = record.why.unwrap_or_default();
                Place::NotYet(Sent::Unusable(format!("it waits for the page of its scope: {why}")))
            }
            (state, None) => {
                // Not asked for more often than that one is worked on. Who sends it is done long before its turn is over.
                let due = record.due.filter(|_| state != DeliveryState::Sending);
                let wait = due.map_or(AFTER, |due| due.since(self.turns.clock().now()).max(AFTER));
                let wait = wait.min(self.turns.times().again_at_most);
                let why = "it waits for the page of its scope, which comes first".to_owned();
                Place::NotYet(Sent::Later(Some(wait), why))
            }
        })
    }

    async fn make(
        &self,
        row: &mut Row<'_>,
        site: &Site<'_>,
        page: &Page,
        parent: Option<&str>,
    ) -> Result<bool, StoreError> {
        let made = match site.create(page, parent).await {
            // The page of the scope may have been taken away: then the scan is told all the same.
            Err(Trouble::Gone(_)) if page.under.is_some() => site.create(page, self.parent.as_deref()).await,
            made => made,
        };
        match made {
            Ok(id) => {
                // From here on it is found by its name, whatever happens to this sender.
                if !self.turns.adopt(row, &id, page.look()).await? {
                    return Ok(false);
                }
                self.bring(row, site, &id, page).await
            }
            Err(trouble) => self.turns.sent(row, trouble.of_create(NOWHERE)).await,
        }
    }

    /// Looks for the page whose answer was lost.
    async fn look(&self, row: &mut Row<'_>, site: &Site<'_>, page: &Page) -> Result<bool, StoreError> {
        match site.find(page).await {
            Ok(Found::Ours(id)) => {
                Ok(self.turns.adopt(row, &id, page.look()).await? && self.bring(row, site, &id, page).await?)
            }
            Ok(Found::Foreign(why)) => self.turns.sent(row, Some(Sent::Refused(why))).await,
            Ok(Found::Nothing) => self.turns.looked(row, Looked::NotSeen, None).await,
            Err(trouble) => self.turns.unseen(row, &trouble).await,
        }
    }

    async fn bring(
        &self,
        row: &mut Row<'_>,
        site: &Site<'_>,
        id: &str,
        page: &Page,
    ) -> Result<bool, StoreError> {
        let outcome = site.bring(id, page).await;
        self.turns.changed(row, id, &format!("page {id}"), outcome).await
    }
}

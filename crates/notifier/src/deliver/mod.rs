//! From a scan that is over to what is on the outside: [`Planner`] writes rows of the ledger, [`Deliverer`] works them off.
//!
//! Neither hands anything to the other but the ledger. The store notes a scan as unplanned in the transaction that announces
//! its end, and takes the note away when its rows are written: whoever dies in between leaves the note, and planning again
//! writes the same rows, as their ids are made of route and subject. A row says when something is to be done about it; so a
//! turn that was cut off falls due again.
//!
//! What goes out is rendered from the store at the time of sending, after the row was read: so a plan that comes late changes
//! a look, and never what is sent.

mod approvals;
pub mod by_hand;
mod deliverer;
mod digest;
mod parcel;
mod plan;
mod planner;
mod summary;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_domain::DeliveryRecord;

pub use approvals::{Question, questions};
pub use deliverer::{Deliverer, DelivererConfig};
pub use parcel::Parcel;
pub use planner::{Planner, PlannerConfig};
pub use watch::{Rescans, Wanted, Watcher, WatcherConfig};

use crate::policy::Route;
use crate::sender::Access;
use crate::teams::{channel, workflow};
use crate::{confluence, jira, webhook};

/// How a route sends.
#[derive(Clone, Debug)]
pub struct Way {
    /// The route.
    pub route: Route,
    /// The account that it sends by, by its name in the configuration; none where its address is what lets it in.
    pub connection: Option<String>,
    /// By which channel.
    pub channel: Channel,
}

/// The channels that there is a sender for. Each is worked off by itself, so that none waits for another.
#[derive(Clone, Debug)]
pub enum Channel {
    /// Tickets.
    Jira(jira::Settings),
    /// Pages.
    Confluence(confluence::Settings),
    /// Messages as a member of a team.
    Teams(channel::Settings),
    /// Cards by the address of a workflow.
    Workflow(workflow::Settings),
    /// Events for an address of the user's own.
    Webhook(webhook::Settings),
}

impl Channel {
    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Jira(_) => "jira",
            Self::Confluence(_) => "confluence",
            Self::Teams(_) => "teams",
            Self::Workflow(_) => "workflow",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Where tickets go, when they do.
    #[must_use]
    pub const fn jira(&self) -> Option<&jira::Settings> {
        match self {
            Self::Jira(settings) => Some(settings),
            Self::Confluence(_) | Self::Teams(_) | Self::Workflow(_) | Self::Webhook(_) => None,
        }
    }

    /// What a credential must be allowed for it.
    #[must_use]
    pub const fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Jira(_) => jira::SCOPES,
            Self::Confluence(pages) if pages.files => confluence::SCOPES_WITH_FILES,
            Self::Confluence(_) => confluence::SCOPES,
            Self::Teams(channel) if channel.reads => channel::SCOPES_READING,
            Self::Teams(_) => channel::SCOPES,
            Self::Workflow(_) | Self::Webhook(_) => &[],
        }
    }
}

/// Routes that send, by name. A route without a way is planned by nobody.
pub type Ways = BTreeMap<String, Way>;

/// Who leases for deliveries. Production implementation: the one over the vault in `crates/checkmate/src/wiring/`.
pub trait Leases: Send + Sync {
    /// The lease of one turn, not asked for yet. Where the way has no connection it is the way out only.
    fn of(&self, way: &Way, delivery: &DeliveryRecord) -> Arc<dyn Access>;

    /// The lease of one look at what people did with what was delivered.
    fn watch(&self, way: &Way) -> Arc<dyn Access>;
}

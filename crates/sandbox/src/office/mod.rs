//! The place where work arrives: every vendor that gets tickets, pages and messages, behind one address.

pub(crate) mod kept;
pub(crate) mod limits;
mod memory;
pub(crate) mod multipart;
mod page;
pub(crate) mod said;
pub(crate) mod serve;
mod trouble;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checkmate_domain::Timestamp;
use tokio::net::TcpListener;

use crate::confluence::{Confluence, Space};
use crate::fault::Fault;
use crate::graph::{Graph, Workflow};
use crate::jira::{Jira, Project};
use crate::log::Said;
use crate::server::Sandbox;
use crate::serving::Serving;
use crate::webhook::Hooks;
use said::Clock;
pub use trouble::Chaos;
use trouble::Troubles;

/// The site at Atlassian, as the paths of its tickets and pages name it.
pub const CLOUD_ID: &str = "1324a887-45db-1bf4-1e99-ef0ff456d421";
/// What a token of Atlassian may do that delivers.
pub const ATLASSIAN_SCOPES: &[&str] = &[
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "read:space:confluence",
    "read:page:confluence",
    "write:page:confluence",
    "delete:page:confluence",
    "read:attachment:confluence",
    "read:confluence-content.summary",
    "write:confluence-content",
    "write:confluence-file",
];
/// What a token of Microsoft may do that delivers, and looks whether it has.
pub const MICROSOFT_SCOPES: &[&str] = &[
    "User.Read",
    "ChannelMessage.Send",
    "ChannelMessage.Read.All",
    "Team.ReadBasic.All",
    "Channel.ReadBasic.All",
];

/// Who receives work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// Tickets.
    Jira,
    /// Pages.
    Confluence,
    /// Messages in channels of Teams.
    Graph,
    /// Cards by the address of a workflow.
    Workflow,
    /// Events for an address of one's own.
    Webhook,
}

/// A write that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its place in the record, from 0.
    pub order: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub vendor: Vendor,
    /// What was done: `issue.create`, `page.update`, `message.create` and so on.
    pub what: &'static str,
    /// What it was done to: a key, an id.
    pub on: String,
    /// Whether its answer was sent; false where it was lost on purpose.
    pub answered: bool,
}

/// All of it, behind one lock that is never held across an await.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) base: String,
    pub(crate) clock: Clock,
    pub(crate) tokens: BTreeMap<String, Vec<String>>,
    /// The vault whose leases are good here too.
    pub(crate) vault: Option<Arc<crate::state::Shared>>,
    pub(crate) troubles: Troubles,
    pub(crate) latency: Duration,
    pub(crate) patience: Duration,
    pub(crate) record: Vec<Written>,
    pub(crate) said: Option<Vec<Said>>,
    pub(crate) jira: Jira,
    pub(crate) confluence: Confluence,
    pub(crate) graph: Graph,
    pub(crate) workflow: Workflow,
    pub(crate) hooks: Hooks,
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<State>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What there is before the first request comes.
#[derive(Debug)]
pub struct OfficeBuilder {
    tokens: BTreeMap<String, Vec<String>>,
    vault: Option<Arc<crate::state::Shared>>,
    scale: f64,
    keep_said: bool,
    patience: Duration,
    jira: Jira,
    confluence: Confluence,
    graph: Graph,
    workflow: Workflow,
    hooks: Hooks,
}

impl OfficeBuilder {
    /// A token that is good, with these scopes.
    #[must_use]
    pub fn token(mut self, token: &str, scopes: &[&str]) -> Self {
        self.tokens.insert(token.to_owned(), scopes.iter().map(|scope| (*scope).to_owned()).collect());
        self
    }

    /// Tokens that a tenant's vault leases are good here too, with the scopes of their accounts, until it takes them back.
    #[must_use]
    pub fn leases_of(mut self, tenant: &Sandbox) -> Self {
        self.vault = Some(Arc::clone(&tenant.shared));
        self
    }

    /// So many seconds of a vendor pass in one of ours: delays and windows shrink, `Retry-After` stays at least a second.
    #[must_use]
    pub fn time_scale(mut self, scale: f64) -> Self {
        self.scale = scale.max(0.001);
        self.jira.scale = self.scale;
        self
    }

    /// Keeps every request and answer, for a look at the contracts.
    #[must_use]
    pub const fn keep_said(mut self) -> Self {
        self.keep_said = true;
        self
    }

    /// How long an answer is withheld before its connection ends; a minute otherwise.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Another project of Jira; one with the same key is replaced. There is `SEC` from the beginning.
    #[must_use]
    pub fn project(mut self, project: Project) -> Self {
        self.jira.add(project);
        self
    }

    /// How late Jira's search sees a change, in Jira's time: 30 seconds otherwise.
    #[must_use]
    pub const fn index_delay(mut self, delay: Duration) -> Self {
        self.jira.index_delay = delay;
        self
    }

    /// What Jira allows per time; its documented limits otherwise.
    #[must_use]
    pub fn jira_limits(mut self, limits: crate::jira::Limits) -> Self {
        self.jira.limits = limits;
        self
    }

    /// Another space of Confluence. There is `SEC` from the beginning.
    #[must_use]
    pub fn space(mut self, space: Space) -> Self {
        self.confluence.add(space);
        self
    }

    /// Another channel of a team. There is [`crate::graph::CHANNEL`] of [`crate::graph::TEAM`] from the beginning.
    #[must_use]
    pub fn channel(mut self, team: &str, channel: &str, name: &str) -> Self {
        self.graph.add(team, channel, name);
        self
    }

    /// What Teams allows per time; its documented limits otherwise.
    #[must_use]
    pub fn graph_limits(mut self, limits: crate::graph::Limits) -> Self {
        self.graph.limits = limits.clone();
        self.workflow.limits = limits;
        self
    }

    /// The key that events are signed with, to say whether they are.
    #[must_use]
    pub fn hook_key(mut self, key: &[u8]) -> Self {
        self.hooks.key = Some(key.to_vec());
        self
    }

    /// Runs it on any free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(self) -> io::Result<Office> {
        self.start_at((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Runs it at an address.
    ///
    /// # Errors
    /// When it is not free.
    pub async fn start_at(self, listen: SocketAddr) -> io::Result<Office> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let state = State {
            base: format!("http://{address}"),
            clock: Clock { ahead: Duration::ZERO, scale: self.scale },
            tokens: self.tokens,
            vault: self.vault,
            troubles: Troubles::default(),
            latency: Duration::ZERO,
            patience: self.patience,
            record: Vec::new(),
            said: self.keep_said.then(Vec::new),
            jira: self.jira,
            confluence: self.confluence,
            graph: self.graph,
            workflow: self.workflow,
            hooks: self.hooks,
        };
        let shared = Arc::new(Shared(Mutex::new(state)));
        let serving = Serving::start(axum::serve(listener, serve::routes(&shared)).into_future());
        Ok(Office { shared, address, serving })
    }
}

/// Jira, Confluence, Teams and webhooks that answer.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use std::time::Duration;
///
/// use checkmate_sandbox::jira::Category;
/// use checkmate_sandbox::{Chaos, Fault, Office, Vendor};
///
/// let office = Office::builder().time_scale(100.0).start().await?;
/// office.order_on(Vendor::Jira, "POST", "/issue", Fault::Lost);
/// office.chaos(Vendor::Graph, Chaos { lost: 0.2, rate_limited: 0.1, seed: 7, ..Chaos::default() });
/// // … something delivers to `office.jira_url()` with the token `atlassian` …
/// let mended = office.jira().labelled("checkmate").iter().all(|issue| issue.category == Category::Done);
/// let unheard = office.record().iter().filter(|written| !written.answered).count();
/// office.advance(Duration::from_secs(30));
/// # let _ = (mended, unheard);
/// # Ok(())
/// # }
/// ```
pub struct Office {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    serving: Serving,
}

impl Office {
    /// One project, one space, one channel, and the tokens `atlassian` and `microsoft` with all that delivering needs.
    #[must_use]
    pub fn builder() -> OfficeBuilder {
        OfficeBuilder {
            tokens: BTreeMap::new(),
            vault: None,
            scale: 1.0,
            keep_said: false,
            patience: crate::server::HANG,
            jira: Jira::new(),
            confluence: Confluence::new(),
            graph: Graph::new(),
            workflow: Workflow::new(),
            hooks: Hooks::default(),
        }
        .token("atlassian", ATLASSIAN_SCOPES)
        .token("microsoft", MICROSOFT_SCOPES)
    }

    /// Where it answers: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// In place of `https://api.atlassian.com/ex/jira/{cloudId}`.
    #[must_use]
    pub fn jira_url(&self) -> String {
        format!("{}/ex/jira/{CLOUD_ID}", self.base())
    }

    /// In place of `https://api.atlassian.com/ex/confluence/{cloudId}`.
    #[must_use]
    pub fn confluence_url(&self) -> String {
        format!("{}/ex/confluence/{CLOUD_ID}", self.base())
    }

    /// In place of `https://graph.microsoft.com/v1.0`.
    #[must_use]
    pub fn graph_url(&self) -> String {
        format!("{}/v1.0", self.base())
    }

    /// The secret address of the workflow.
    #[must_use]
    pub fn workflow_url(&self) -> String {
        format!("{}{}", self.base(), crate::graph::workflow_path())
    }

    /// An address for events; any name will do.
    #[must_use]
    pub fn hook_url(&self, name: &str) -> String {
        format!("{}/hooks/{name}", self.base())
    }

    /// What happens to the next request to a vendor.
    pub fn order(&self, vendor: Vendor, fault: Fault) {
        self.shared.lock().troubles.order(vendor, fault, None);
    }

    /// What happens to the next so many requests to a vendor.
    pub fn order_next(&self, vendor: Vendor, number: usize, fault: &Fault) {
        (0..number).for_each(|_| self.order(vendor, fault.clone()));
    }

    /// What happens to the next request with this method whose path ends so.
    pub fn order_on(&self, vendor: Vendor, method: &str, ending: &str, fault: Fault) {
        self.shared.lock().troubles.order(vendor, fault, Some((method, ending)));
    }

    /// From now on these shares of a vendor's requests go wrong.
    pub fn chaos(&self, vendor: Vendor, chaos: Chaos) {
        self.shared.lock().troubles.chaos(vendor, chaos);
    }

    /// Whether a vendor is down: 503 whatever comes.
    pub fn down(&self, vendor: Vendor, down: bool) {
        self.shared.lock().troubles.down(vendor, down);
    }

    /// Nothing goes wrong on purpose any more.
    pub fn calm(&self) {
        self.shared.lock().troubles.calm();
    }

    /// From now on every answer takes so long.
    pub fn delay(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Puts the clock ahead, in our time.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.ahead += by;
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.lock().clock.now()
    }

    /// From now on this token is good and has these scopes.
    pub fn set_token(&self, token: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.shared.lock().tokens.insert(token.to_owned(), scopes);
    }

    /// From now on this token is good for nothing.
    pub fn revoke_token(&self, token: &str) {
        self.shared.lock().tokens.remove(token);
    }

    /// Every write that was taken, in order.
    #[must_use]
    pub fn record(&self) -> Vec<Written> {
        self.shared.lock().record.clone()
    }

    /// Everything that was asked and answered, when it is kept.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        self.shared.lock().said.clone().unwrap_or_default()
    }

    /// Ends it.
    pub async fn stop(self) {
        self.serving.end().await;
    }
}

//! What a delivery takes beyond its vendor's answers: tickets into a stand-in that answers after 50 ms, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use checkmate_domain::{DeliveryRecord, DeliveryState, Secret};
use checkmate_notifier::SystemClock;
use checkmate_notifier::deliver::{
    Channel, Deliverer, DelivererConfig, Leases, Planner, PlannerConfig, Way, Ways,
};
use checkmate_notifier::jira::Settings;
use checkmate_notifier::ledger::Times;
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::{Approve, Destination, Jira, Route, Timing, When};
use checkmate_notifier::sender::{Access, Held, NoAccess};
use checkmate_outbound::{Client, InProcess, Outbound};
use checkmate_sandbox::Office;
use checkmate_service::Stop;
use checkmate_store::Store;

use crate::findings;
use crate::servers::Embedded;
use crate::table::{Bar, Row};
use crate::turns::{Size, count, median, millis};

/// How long the vendor takes.
const LATENCY: Duration = Duration::from_millis(50);
/// For all of them to be there.
const PATIENCE: Duration = Duration::from_mins(3);
/// Bare calls whose median is what the vendor takes.
const BARE: usize = 40;

/// The same token for everybody.
struct Token {
    outbound: Outbound,
}

struct Lease(Result<Client, String>);

impl Leases for Token {
    fn of(&self, way: &Way, _delivery: &DeliveryRecord) -> Arc<dyn Access> {
        self.watch(way)
    }

    fn watch(&self, _way: &Way) -> Arc<dyn Access> {
        Arc::new(Lease(self.outbound.client().map_err(|error| error.to_string())))
    }
}

#[async_trait]
impl Access for Lease {
    async fn lease(&self) -> Result<Arc<Held>, NoAccess> {
        Ok(Arc::new(Held { secret: Secret::new(b"atlassian".to_vec()) }))
    }

    async fn renew(&self, _old: &Held) -> Result<Arc<Held>, NoAccess> {
        self.lease().await
    }

    fn client(&self) -> Result<&Client, NoAccess> {
        self.0.as_ref().map_err(|why| NoAccess::Unusable(why.clone()))
    }
}

/// Tickets, each by itself.
///
/// # Errors
/// When they are not all there in time.
pub async fn measure(size: Size) -> anyhow::Result<Vec<Row>> {
    let files = Embedded::open().await?;
    let many = size.pick(100, 20);
    findings::reconciled(&files.store, many).await?;
    let office = Office::builder().time_scale(100.0).keep_said().start().await?;
    office.delay(LATENCY);
    let ways = ways(&office)?;
    let (store, clock) = (Arc::clone(&files.store), Arc::new(SystemClock));
    let config = PlannerConfig { owner: "bench".to_owned(), every: Duration::from_millis(5) };
    Planner::new(store.clone(), clock.clone(), &ways, Organisations::default(), config).round().await?;
    let config = DelivererConfig { channel: "jira", slots: 1, every: Duration::from_millis(5) };
    let settings = checkmate_outbound::Settings::default();
    let leases = Arc::new(Token { outbound: Outbound::new(settings, Arc::new(InProcess::default()))? });
    let deliverer =
        Deliverer::new(store.clone(), clock, leases, Arc::new(ways), Organisations::default(), config);
    let stop = Stop::new(Duration::from_secs(1));
    let before = office.said().len();
    let began = Instant::now();
    while !is_done(&*store, many).await? {
        ensure!(began.elapsed() < PATIENCE, "the tickets are not there");
        deliverer.round(&stop).await?;
    }
    let took = began.elapsed();
    let calls = count(office.said().len() - before) / count(many);
    let bare = bare(&office).await?;
    let each = millis(took) / count(many);
    office.stop().await;
    files.close().await;
    Ok(vec![
        Row::new("delivery, beyond its vendor's answers", each - calls * bare, "ms", Bar::AtMost(5.0))
            .told(format!("{each:.1} ms a ticket, {calls:.2} calls each, {bare:.1} ms a call without us")),
    ])
}

async fn is_done(store: &dyn Store, many: usize) -> anyhow::Result<bool> {
    let rows = store.deliveries(None, 10_000).await?;
    ensure!(rows.len() == many, "{} deliveries are planned, not {many}", rows.len());
    Ok(rows.iter().all(|row| row.due.is_none() && matches!(row.state, DeliveryState::Delivered)))
}

fn ways(office: &Office) -> anyhow::Result<Ways> {
    let second = Duration::from_secs(1);
    let times = Times { hold: 30 * second, looks: vec![second], again: second, again_at_most: second };
    let base = office.jira_url().parse().context("the address of the stand-in")?;
    let jira = Jira {
        project: "SEC".to_owned(),
        issue_type: "Bug".to_owned(),
        labels: Vec::new(),
        per_group: false,
        most_new: 10_000,
        fields: Vec::new(),
        owners: Vec::new(),
        due_days: [None; 4],
        wont_do: None,
        approve: Approve::default(),
    };
    let route = Route {
        name: "tickets".to_owned(),
        when: When::default(),
        to: Destination::Jira(jira),
        timing: Timing::default(),
    };
    let channel = Channel::Jira(Settings { base, times });
    let way = Way { route, connection: Some("jira".to_owned()), channel };
    Ok(BTreeMap::from([("tickets".to_owned(), way)]))
}

/// What one call of the stand-in takes over a connection that is there, in milliseconds.
async fn bare(office: &Office) -> anyhow::Result<f64> {
    let client = reqwest::Client::new();
    let url = format!("{}/rest/api/3/issue/SEC-1?fields=summary", office.jira_url());
    let mut took = Vec::new();
    for _ in 0..BARE {
        let began = Instant::now();
        let answer = client.get(&url).bearer_auth("atlassian").send().await?;
        answer.bytes().await?;
        took.push(millis(began.elapsed()));
    }
    Ok(median(&took))
}

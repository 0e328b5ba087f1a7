//! From a reconciled result to pages, messages and events, each as often as its channel promises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use checkmate_domain::{DeliveryRecord, DeliveryState, Secret, Timestamp};
use checkmate_notifier::deliver::{Channel, Deliverer, DelivererConfig, Planner, PlannerConfig, Way, Ways};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::{Destination, Pages, Route, Timing, When};
use checkmate_notifier::teams::{channel, workflow};
use checkmate_notifier::{confluence, webhook};
use checkmate_outbound::{Circuit, InProcess, Outbound, SecretUrl};
use checkmate_queue::Settle;
use checkmate_sandbox::graph::{CHANNEL, Limits, TEAM};
use checkmate_sandbox::{Office, Vendor};
use checkmate_service::Stop;
use checkmate_store::{LedgerStore, Store};
use serde_json::Value;

use crate::delivering::{Vault, clock};
use crate::harness::{Bench, Says, hand, ms, until};

/// A bench with a route to each stand-in but that of Jira.
struct Place {
    bench: Bench,
    office: Office,
    vault: Arc<Vault>,
    ways: Arc<Ways>,
}

fn times() -> Times {
    Times { hold: ms(2_000), looks: [60, 150, 300].map(ms).to_vec(), again: ms(40), again_at_most: ms(100) }
}

fn ways(office: &Office) -> Ways {
    let secret = |text: String| Secret::new(text.into_bytes());
    let url = workflow::WorkflowUrl::read(&secret(office.workflow_url())).unwrap();
    let hook = SecretUrl::read(&secret(office.hook_url("events"))).unwrap();
    let key = secret("a key of 32 bytes, or some more..".to_owned());
    let pages = confluence::Settings {
        files: true,
        base: office.confluence_url().parse().unwrap(),
        space: "SEC".to_owned(),
        parent: None,
        times: times(),
    };
    let messages = channel::Settings {
        base: office.graph_url().parse().unwrap(),
        team: TEAM.to_owned(),
        channel: CHANNEL.to_owned(),
        pace: ms(20),
        reads: false,
        times: times(),
    };
    let cards = workflow::Settings { name: "cards".to_owned(), url, pace: ms(20), times: times() };
    let keys = Arc::new(webhook::Keys::new(key, None).unwrap());
    let events = webhook::Settings { name: "events".to_owned(), url: hook, keys, times: times() };
    let way = |name: &str, to: Destination, connection: Option<&str>, channel: Channel| {
        let route = Route { name: name.to_owned(), when: When::default(), to, timing: Timing::default() };
        (name.to_owned(), Way { route, connection: connection.map(str::to_owned), channel })
    };
    BTreeMap::from([
        way(
            "pages",
            Destination::Confluence(Pages { files: true }),
            Some("atlassian"),
            Channel::Confluence(pages),
        ),
        way("messages", Destination::Teams, Some("teams"), Channel::Teams(messages)),
        way("cards", Destination::Teams, None, Channel::Workflow(cards)),
        way("events", Destination::Webhook, None, Channel::Webhook(events)),
    ])
}

impl Place {
    async fn new() -> Self {
        let office = Office::builder().time_scale(100.0).graph_limits(Limits::none()).start().await.unwrap();
        let settings = checkmate_outbound::Settings {
            circuit: Circuit { failures: 5, open_for: ms(50) },
            ..checkmate_outbound::Settings::default()
        };
        let outbound = Outbound::new(settings, Arc::new(InProcess::default())).unwrap();
        Self {
            bench: Bench::new().await,
            vault: Arc::new(Vault { connected: AtomicBool::new(true), outbound }),
            ways: Arc::new(ways(&office)),
            office,
        }
    }

    async fn scanned(&self, name: &str, says: &Says) {
        let result = self.bench.said(name, says).await;
        assert_eq!(hand(&self.bench.notifier(|_| {}), result.message()).await, Settle::Done);
        self.plan().await;
    }

    async fn plan(&self) {
        let config = PlannerConfig { owner: "p".to_owned(), every: ms(5) };
        let (store, organisations) = (self.bench.store.clone(), Organisations::default());
        Planner::new(store, clock(), &self.ways, organisations, config).round().await.unwrap();
    }

    async fn round(&self, channel: &'static str) {
        let config = DelivererConfig { channel, slots: 4, every: ms(5) };
        let (store, leases) = (self.bench.store.clone(), self.vault.clone());
        let (ways, organisations) = (Arc::clone(&self.ways), Organisations::default());
        let deliverer = Deliverer::new(store, clock(), leases, ways, organisations, config);
        deliverer.round(&Stop::new(ms(100))).await.unwrap();
    }

    async fn rows(&self) -> Vec<DeliveryRecord> {
        self.bench.store.deliveries(None, 1_000).await.unwrap()
    }

    /// The states of a route's rows.
    async fn states(&self, route: &str) -> BTreeSet<DeliveryState> {
        self.rows().await.iter().filter(|row| row.route == route).map(|row| row.state).collect()
    }

    /// Works off what is due until nothing is.
    async fn settle(&self) {
        until("everything is delivered", || async {
            for channel in ["confluence", "teams", "workflow", "webhook"] {
                self.round(channel).await;
            }
            self.rows().await.iter().all(|row| row.due.is_none())
        })
        .await;
    }

    fn wrote(&self, what: &str) -> usize {
        self.office.record().iter().filter(|written| written.what == what).count()
    }

    /// Titles and numbers of pages that are ours.
    fn pages(&self) -> Vec<(String, u64)> {
        let ours = |page: &checkmate_sandbox::confluence::Page| page.title().starts_with("CheckMate");
        let pages = self.office.confluence().pages().into_iter().filter(ours);
        pages.map(|page| (page.title().to_owned(), page.number())).collect()
    }

    fn events(&self) -> Vec<Value> {
        self.office.deliveries("events").iter().map(|event| event.json()).collect()
    }
}

fn words(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_scan_is_told_once_everywhere_and_the_scope_has_one_page() {
    let place = Place::new().await;
    let failing = Says::all(&["x", "y"], &["x", "y"]);
    place.scanned("a", &failing).await;
    place.settle().await;
    let rows = place.rows().await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Delivered), "{rows:#?}");
    let pages = place.pages();
    assert_eq!(pages.len(), 2, "{pages:?}");
    let scope = place.office.confluence().titled("CheckMate: export:t").unwrap();
    let scan = place.office.confluence().pages().into_iter().find(|page| page.title().contains("scan"));
    assert_eq!(scan.unwrap().parent, scope.id.to_string(), "the scan is under its scope");
    let urgent = rows.iter().filter(|row| row.route == "cards").count();
    assert_eq!((place.office.teams().messages().len(), place.office.teams().runs().len()), (urgent, urgent));
    let events = place.events();
    assert_eq!(words(&events), ["checkmate.finding.opened"; 2]);

    // The same again: the scan is told, and nothing that stands is written.
    place.scanned("b", &failing).await;
    place.settle().await;
    assert_eq!(place.office.confluence().titled("CheckMate: export:t").unwrap().number(), scope.number());
    assert_eq!(place.pages().len(), 3);
    assert_eq!(place.office.teams().messages().len(), urgent + 1, "one digest and no urgent card");
    assert_eq!(place.events().len(), 2, "nothing changed");

    // What changes is told, each change by an event of its own.
    place.scanned("c", &Says::all(&["x", "y"], &["y"])).await;
    place.settle().await;
    place.scanned("d", &failing).await;
    place.settle().await;
    let events = place.events();
    assert_eq!(words(&events)[2..], ["checkmate.finding.resolved", "checkmate.finding.reopened"]);
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(place.office.confluence().titled("CheckMate: export:t").unwrap().number(), scope.number() + 2);
    assert_eq!((place.pages().len(), place.wrote("page.create")), (5, 5));

    // Planned late and twice, nothing is said or made again.
    let made = ["page.create", "message.create", "event.receive"].map(|what| place.wrote(what));
    let runs = place.office.teams().runs().len();
    assert!(made.iter().all(|number| *number > 3), "{made:?}");
    for row in place.bench.store.scans(0, 10).await.unwrap() {
        place.bench.store.note_unplanned(&row.id).await.unwrap();
    }
    place.plan().await;
    place.settle().await;
    let again = ["page.create", "message.create", "event.receive"].map(|what| place.wrote(what));
    assert_eq!((again, place.office.teams().runs().len()), (made, runs));
    assert_eq!(place.office.confluence().titled("CheckMate: export:t").unwrap().number(), scope.number() + 2);
}

/// A receiver that is away for long gets every change, as it was then.
#[tokio::test]
async fn events_that_could_not_be_sent_are_all_sent_later() {
    let place = Place::new().await;
    place.office.down(Vendor::Webhook, true);
    for (scan, failed) in [("a", &["x"][..]), ("b", &[]), ("c", &["x"])] {
        place.scanned(scan, &Says::all(&["x"], failed)).await;
        place.round("webhook").await;
    }
    assert_eq!(place.events().len(), 0);
    place.office.down(Vendor::Webhook, false);
    place.settle().await;
    let events = place.events();
    // By the time that it says, not by its letters: those of a whole second come after those of its parts.
    let at = |event: &Value| event["time"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let told: BTreeMap<Timestamp, Value> =
        events.iter().map(|event| (at(event), event["data"]["state"].clone())).collect();
    assert_eq!(told.into_values().collect::<Vec<_>>(), ["open", "resolved", "reopened"]);
}

#[tokio::test]
async fn a_channel_that_is_down_keeps_no_other_one_waiting() {
    let place = Place::new().await;
    place.office.down(Vendor::Confluence, true);
    place.scanned("a", &Says::all(&["x"], &["x"])).await;
    until("the others are there", || async {
        for channel in ["confluence", "teams", "workflow", "webhook"] {
            place.round(channel).await;
        }
        let done = BTreeSet::from([DeliveryState::Delivered]);
        place.states("messages").await == done
            && place.states("cards").await == done
            && place.states("events").await == done
    })
    .await;
    assert_eq!(place.pages().len(), 0);
    place.office.down(Vendor::Confluence, false);
    place.settle().await;
    assert_eq!((place.pages().len(), place.wrote("page.create")), (2, 2));
}

#[tokio::test]
async fn without_its_account_the_page_of_a_scan_is_parked_with_that_of_its_scope() {
    let place = Place::new().await;
    place.vault.connected.store(false, Ordering::SeqCst);
    place.scanned("a", &Says::all(&["x"], &["x"])).await;
    until("both are parked", || async {
        place.round("confluence").await;
        place.states("pages").await == BTreeSet::from([DeliveryState::Parked])
    })
    .await;
    let rows = place.rows().await;
    let why = rows.iter().filter(|row| row.route == "pages").filter_map(|row| row.why.as_deref());
    assert!(why.into_iter().all(|why| why.contains("not connected")), "{rows:#?}");
    place.vault.connected.store(true, Ordering::SeqCst);
    place.settle().await;
    assert_eq!(place.pages().len(), 2);
}

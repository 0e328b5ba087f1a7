//! When cards are posted: not in quiet hours, and digests at their time. Each as often as ever.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use checkmate_domain::{DeliveryRecord, DeliveryState, Subject, Timestamp};
use checkmate_notifier::Clock;
use checkmate_notifier::deliver::by_hand::retried;
use checkmate_notifier::deliver::{Channel, Deliverer, DelivererConfig, Planner, PlannerConfig, Way, Ways};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::{Destination, Route, Timing, When};
use checkmate_notifier::teams::channel;
use checkmate_outbound::{InProcess, Outbound};
use checkmate_queue::Settle;
use checkmate_sandbox::graph::{CHANNEL, Limits, TEAM};
use checkmate_sandbox::{Fault, Office, Vendor};
use checkmate_service::Stop;
use checkmate_store::{LedgerStore, Store};
use serde_json::Value;

use crate::delivering::Vault;
use crate::harness::{Bench, Says, hand, ms, until};

const MINUTE: Duration = Duration::from_secs(60);

/// The time, as many minutes later as is said.
#[derive(Default)]
struct Later(AtomicI64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(Timestamp::now().as_millis() + self.0.load(Ordering::SeqCst) * 60_000)
    }
}

/// A bench with a route to a channel of Teams.
struct Hall {
    bench: Bench,
    office: Office,
    vault: Arc<Vault>,
    clock: Arc<Later>,
    ways: Arc<Ways>,
}

/// `08:00`, so many minutes from now.
fn clock_in(minutes: u32) -> String {
    Timestamp::now().plus(MINUTE * minutes).to_string()[11..16].to_owned()
}

/// Quiet since an hour ago, and for an hour to come.
fn night() -> String {
    let before = Timestamp::now().minus(MINUTE * 60).to_string()[11..16].to_owned();
    format!("{before}-{} UTC", clock_in(60))
}

impl Hall {
    async fn new(timing: Timing) -> Self {
        let office = Office::builder().time_scale(100.0).graph_limits(Limits::none()).start().await.unwrap();
        let times = Times { hold: ms(2_000), looks: vec![ms(60)], again: ms(40), again_at_most: ms(100) };
        let settings = channel::Settings {
            base: office.graph_url().parse().unwrap(),
            team: TEAM.to_owned(),
            channel: CHANNEL.to_owned(),
            pace: ms(20),
            reads: false,
            times,
        };
        let route = Route { name: "cards".to_owned(), when: When::default(), to: Destination::Teams, timing };
        let way = Way { route, connection: Some("teams".to_owned()), channel: Channel::Teams(settings) };
        let outbound = Outbound::new(checkmate_outbound::Settings::default(), Arc::new(InProcess::default()));
        Self {
            bench: Bench::new().await,
            office,
            vault: Arc::new(Vault { connected: AtomicBool::new(true), outbound: outbound.unwrap() }),
            clock: Arc::default(),
            ways: Arc::new(BTreeMap::from([("cards".to_owned(), way)])),
        }
    }

    async fn scanned(&self, name: &str, says: &Says) {
        let result = self.bench.said(name, says).await;
        assert_eq!(hand(&self.bench.notifier(|_| {}), result.message()).await, Settle::Done);
        self.plan().await;
    }

    async fn plan(&self) {
        let config = PlannerConfig { owner: "p".to_owned(), every: ms(5) };
        let (store, clock) = (self.bench.store.clone(), self.clock.clone());
        let planner = Planner::new(store, clock, &self.ways, Organisations::default(), config);
        planner.round().await.unwrap();
    }

    /// Works off what is due, until nothing is for now.
    async fn work(&self) {
        until("what is due is done", || async {
            let config = DelivererConfig { channel: "teams", slots: 4, every: ms(5) };
            let (store, leases, ways) = (self.bench.store.clone(), self.vault.clone(), self.ways.clone());
            let clock = self.clock.clone();
            let deliverer = Deliverer::new(store, clock, leases, ways, Organisations::default(), config);
            deliverer.round(&Stop::new(ms(100))).await.unwrap();
            let soon = self.clock.now().plus(MINUTE);
            self.rows().await.iter().all(|row| row.due.is_none_or(|due| due > soon))
        })
        .await;
    }

    async fn later(&self, minutes: i64) {
        self.clock.0.store(minutes, Ordering::SeqCst);
        self.work().await;
    }

    async fn rows(&self) -> Vec<DeliveryRecord> {
        self.bench.store.deliveries(None, 1_000).await.unwrap()
    }

    /// The titles of the cards in the channel.
    fn titles(&self) -> Vec<String> {
        let title =
            |card: serde_json::Value| card["body"][0]["inlines"][0]["text"].as_str().unwrap().to_owned();
        self.office.teams().cards().into_iter().map(title).collect()
    }
}

fn quiet(urgent_waits: bool) -> Timing {
    Timing { quiet: vec![night().parse().unwrap()], urgent_waits, digest: None }
}

#[tokio::test]
async fn what_falls_into_quiet_hours_is_posted_once_when_they_end() {
    let hall = Hall::new(quiet(false)).await;
    hall.scanned("a", &Says::all(&["x"], &["x"])).await;
    hall.work().await;
    assert_eq!(hall.titles(), ["1 new finding that cannot wait"]);
    let rows = hall.rows().await;
    let waits = rows.iter().find(|row| matches!(row.subject, Subject::Scan(_))).unwrap();
    assert!(
        waits.state == DeliveryState::Planned && waits.why.as_ref().unwrap().contains("quiet"),
        "{waits:?}"
    );
    let left = waits.due.unwrap().since(Timestamp::now());
    assert!(left > MINUTE * 57 && left <= MINUTE * 60, "{left:?}");

    // Who tries it again by hand waits too.
    let again = retried(waits, Timestamp::now()).unwrap();
    assert!(hall.bench.store.put_delivery(again).await.unwrap().is_some());
    hall.work().await;
    assert_eq!(hall.titles().len(), 1);

    hall.later(61).await;
    assert_eq!(hall.titles()[1..], ["export:t: 1 new finding"]);
    hall.plan().await;
    hall.later(200).await;
    assert_eq!(hall.titles().len(), 2);
}

#[tokio::test]
async fn what_is_urgent_waits_where_policy_says_so() {
    let hall = Hall::new(quiet(true)).await;
    hall.scanned("a", &Says::all(&["x"], &["x"])).await;
    hall.work().await;
    assert_eq!(hall.titles(), [""; 0]);
    hall.later(61).await;
    assert_eq!(hall.titles().len(), 2);
}

/// Whatever is lost in quiet hours: what may be there is not posted once more.
#[tokio::test]
async fn a_card_whose_answer_is_lost_is_unconfirmed_at_any_hour() {
    let hall = Hall::new(quiet(false)).await;
    hall.office.order_on(Vendor::Graph, "POST", "/messages", Fault::Lost);
    hall.scanned("a", &Says::all(&["x"], &["x"])).await;
    hall.work().await;
    hall.later(61).await;
    let states: Vec<DeliveryState> = hall.rows().await.iter().map(|row| row.state).collect();
    assert!(states.contains(&DeliveryState::Unconfirmed) && states.contains(&DeliveryState::Delivered));
    assert_eq!(hall.titles().len(), 2);
}

#[tokio::test]
async fn the_digests_of_a_day_are_one_card_of_how_things_stand_then() {
    let at = clock_in(30);
    let digest = Some(format!("daily {at} UTC").parse().unwrap());
    let hall = Hall::new(Timing { digest, ..Timing::default() }).await;
    for (scan, failed) in [("a", &["x", "y"][..]), ("b", &["x", "y", "z"]), ("c", &["y", "z"])] {
        hall.scanned(scan, &Says::all(&["x", "y", "z"], failed)).await;
        hall.work().await;
    }
    assert!(hall.titles().iter().all(|title| title.contains("cannot wait")), "{:?}", hall.titles());
    let before = hall.titles().len();
    let digests = |rows: &[DeliveryRecord]| {
        rows.iter().filter(|row| matches!(row.subject, Subject::Digest(..))).cloned().collect::<Vec<_>>()
    };
    let waiting = digests(&hall.rows().await);
    assert_eq!(waiting.len(), 1);
    let last = hall.bench.store.scans(0, 1).await.unwrap().remove(0).id;
    assert_eq!((waiting[0].scan.as_ref(), waiting[0].state), (Some(&last), DeliveryState::Planned));

    hall.later(31).await;
    assert_eq!(hall.titles()[before..], ["export:t: 2 new findings, 1 mended or gone"]);
    let card = hall.office.teams().cards().pop().unwrap();
    // What came and what went since the day before, whichever scan saw it; and what is open now.
    let mut texts = Vec::new();
    texts_of(&card, &mut texts);
    for (number, what) in [("2", "new"), ("1", "mended or gone"), ("2", "open")] {
        assert!(texts.windows(2).any(|pair| pair == [number, what]), "{number} {what} in {texts:?}");
    }
    let card = card.to_string();
    assert!(card.contains(&format!(", {at} UTC")), "{card}");

    // Planned late and twice, nothing is said again.
    for row in hall.bench.store.scans(0, 10).await.unwrap() {
        hall.bench.store.note_unplanned(&row.id).await.unwrap();
    }
    hall.plan().await;
    hall.later(120).await;
    assert_eq!((hall.titles().len(), digests(&hall.rows().await).len()), (before + 1, 1));
}

/// All texts of a card, in their order.
fn texts_of<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            texts.extend(object.get("text").and_then(Value::as_str));
            object.values().for_each(|inner| texts_of(inner, texts));
        }
        Value::Array(list) => list.iter().for_each(|inner| texts_of(inner, texts)),
        _ => {}
    }
}

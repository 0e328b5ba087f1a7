//! Events: at least once, one id each, signed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryState, ScanId, Secret, Subject, TransitionKind, hash};
use checkmate_notifier::SystemClock;
use checkmate_notifier::webhook::{Event, Keys, Sender, Settings};
use checkmate_outbound::SecretUrl;
use checkmate_sandbox::webhook::Delivery;
use checkmate_sandbox::{Fault, Vendor};
use checkmate_testkit::contracts;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::common::{World, finding, times};
use crate::harness::{SEED, chaos, over, told};

const ROWS: usize = 200;
const KEYS: [&str; 2] = ["the key in use, 32 bytes at least", "the key before, 32 bytes at least"];

type Events = Arc<BTreeMap<DeliveryId, Event>>;

fn sender(world: &World) -> Sender {
    let key = |at: usize| Secret::new(KEYS[at].as_bytes().to_vec());
    let url = world.office.hook_url("events-0123456789");
    let settings = Settings {
        name: "events".to_owned(),
        url: SecretUrl::read(&Secret::new(url.into_bytes())).unwrap(),
        keys: Arc::new(Keys::new(key(0), Some(key(1))).unwrap()),
        times: times(),
    };
    Sender::new(settings, world.ledger(), world.lease(&[]), Arc::new(SystemClock))
}

/// The event of a finding in a scan, in the ledger.
async fn event(world: &World, number: usize, scan: &str, change: TransitionKind) -> (DeliveryId, Event) {
    let news = finding(number, "false", change, 0);
    let scan = ScanId::new(scan).unwrap();
    let subject = Subject::Change(scan.clone(), news.record.finding.fingerprint.clone());
    let id = DeliveryId::derived("events", &subject);
    let event = Event::of(&id, &scan, &news, news.record.changed_at);
    world.want_look("events", &subject, event.look()).await;
    (id, event)
}

async fn settle(world: World, events: Events) {
    let sender = Arc::new(sender(&world));
    world
        .settle_with(|row| {
            let (sender, events) = (Arc::clone(&sender), Arc::clone(&events));
            async move { drop(sender.deliver(&row, &events[&row.id]).await.unwrap()) }
        })
        .await;
}

fn received(world: &World) -> Vec<Delivery> {
    world.office.deliveries("events-0123456789")
}

/// Base64, as a receiver would have it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let number =
            (0..3).fold(0_usize, |number, at| number << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        (0..4)
            .map(|at| if at > chunk.len() { '=' } else { char::from(DIGITS[number >> (18 - 6 * at) & 63]) })
            .collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

/// What a receiver checks before it takes an event.
fn is_signed(delivery: &Delivery, key: &str) -> bool {
    let header = |name: &str| delivery.headers[name].clone();
    let before = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let mac = hash::mac(key.as_bytes(), &[before.as_bytes(), &delivery.body]);
    header("webhook-signature").split(' ').any(|one| one == format!("v1,{}", base64(&mac)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_comes_once_at_least_with_one_id_whatever_happens() {
    let (world, mut dice) = (World::new().await, StdRng::seed_from_u64(SEED));
    world.office.chaos(Vendor::Webhook, chaos());
    let mut ids = BTreeSet::new();
    for (scan, change) in [("one", TransitionKind::Opened), ("two", TransitionKind::Resolved)] {
        let mut events = BTreeMap::new();
        for number in 0..ROWS {
            let (id, event) = event(&world, number, scan, change).await;
            ids.insert(event.id().to_owned());
            events.insert(id, event);
        }
        let events = Arc::new(events);
        let kills = world.settle_killed(|world| settle(world, Arc::clone(&events)), &mut dice).await;
        eprintln!("{scan}: {kills} kills, {} received", received(&world).len());
        assert!(world.rows().await.iter().all(|row| row.state == DeliveryState::Delivered));
    }
    let came: Vec<Delivery> = received(&world);
    let named: BTreeSet<String> =
        came.iter().map(|one| one.json()["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((named.len(), &named), (2 * ROWS, &ids));
    assert!(came.len() > ids.len(), "answers were lost");
    assert_eq!(came.len(), world.wrote("event.receive"));

    let contract = contracts::of("cloudevents", "cloudevents-1.0.schema.json");
    let validator = contract.map(|contract| jsonschema::validator_for(&contract).unwrap());
    let mut bodies: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for one in &came {
        assert_eq!(one.headers["content-type"], "application/cloudevents+json; charset=UTF-8");
        assert_eq!(one.headers["webhook-id"], one.json()["id"].as_str().unwrap());
        assert!(KEYS.iter().all(|key| is_signed(one, key)) && !is_signed(one, "another key"));
        assert!(validator.as_ref().is_none_or(|validator| validator.is_valid(&one.json())));
        // A repeat says the same to the letter.
        let first = bodies.entry(one.headers["webhook-id"].clone()).or_insert_with(|| one.body.to_vec());
        assert_eq!(*first, one.body.to_vec());
    }
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let world = World::new().await;
    for (number, (fault, state, words)) in [
        (Fault::Status(401), DeliveryState::Parked, "give it the key of the route"),
        (Fault::Status(403), DeliveryState::Parked, "give it the key of the route"),
        (Fault::Status(410), DeliveryState::Parked, "set it right"),
        (Fault::Status(422), DeliveryState::Failed, "upstream connect error"),
        (Fault::Status(500), DeliveryState::Planned, "500"),
        (Fault::Lost, DeliveryState::Planned, "127.0.0.1"),
        (Fault::RateLimited { retry_after: 0 }, DeliveryState::Planned, "Too Many Requests"),
        (Fault::Redirect("https://evil.example/".to_owned()), DeliveryState::Parked, "evil.example"),
    ]
    .into_iter()
    .enumerate()
    {
        world.office.order(Vendor::Webhook, fault.clone());
        let (id, event) = event(&world, number, "one", TransitionKind::Opened).await;
        let row = over(sender(&world).deliver(&world.row(&id).await, &event).await.unwrap());
        let (got, why) = told(&row);
        assert!(
            got == state && why.contains(words) && !why.contains("0123456789"),
            "{fault:?}: {got:?} {why}"
        );
    }
}

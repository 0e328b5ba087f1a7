//! Messages of Teams: at most once, by either way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Secret, Subject, Timestamp};
use checkmate_notifier::policy::{News, Shape};
use checkmate_notifier::sender::Turn;
use checkmate_notifier::teams::{Card, channel, workflow};
use checkmate_notifier::{Clock, SystemClock};
use checkmate_sandbox::graph::{CHANNEL, Limits, TEAM};
use checkmate_sandbox::{Fault, Office, Vendor};
use checkmate_testkit::contracts;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::common::{World, ms, times};
use crate::harness::{SEED, chaos, outcome, over, told};

const ROWS: usize = 200;

type Cards = Arc<BTreeMap<DeliveryId, Card>>;

async fn world() -> World {
    World::of(Office::builder().graph_limits(Limits::none())).await
}

fn channel(world: &World, tokens: &[&'static str], to: &str, pace: Duration) -> channel::Sender {
    channel_with(world, tokens, to, pace, false)
}

fn reader(world: &World, tokens: &[&'static str]) -> channel::Sender {
    channel_with(world, tokens, CHANNEL, Duration::ZERO, true)
}

fn channel_with(
    world: &World,
    tokens: &[&'static str],
    to: &str,
    pace: Duration,
    reads: bool,
) -> channel::Sender {
    let settings = channel_settings(world, to, pace, reads);
    channel::Sender::new(settings, world.ledger(), world.lease(tokens), Arc::new(SystemClock))
}

fn channel_settings(world: &World, to: &str, pace: Duration, reads: bool) -> channel::Settings {
    channel::Settings {
        base: world.office.graph_url().parse().unwrap(),
        team: TEAM.to_owned(),
        channel: to.to_owned(),
        pace,
        reads,
        times: times(),
    }
}

fn workflow_at(world: &World, url: &str, pace: Duration) -> workflow::Sender {
    let settings = workflow_settings(url, pace);
    workflow::Sender::new(settings, world.ledger(), world.lease(&[]), Arc::new(SystemClock))
}

fn workflow_settings(url: &str, pace: Duration) -> workflow::Settings {
    let url = workflow::WorkflowUrl::read(&Secret::new(url.as_bytes().to_vec())).unwrap();
    workflow::Settings { name: "cards".to_owned(), url, pace, times: times() }
}

fn workflow(world: &World) -> workflow::Sender {
    workflow_at(world, &world.office.workflow_url(), Duration::ZERO)
}

/// The digest of a scan, in the ledger.
async fn digest(world: &World, number: usize, seen: &str) -> (DeliveryId, Card) {
    let outcome = outcome(number, seen);
    let subject = Subject::Scan(outcome.scan.clone());
    let id = DeliveryId::derived("cards", &subject);
    let findings: Vec<&News> = outcome.findings.iter().map(AsRef::as_ref).collect();
    let card = Card::of(&id, &outcome, &Shape::Digest(findings)).unwrap();
    world.want_look("cards", &subject, card.look()).await;
    (id, card)
}

async fn digests(world: &World, rows: usize) -> Cards {
    let mut cards = BTreeMap::new();
    for number in 0..rows {
        cards.extend([digest(world, number, "false").await]);
    }
    Arc::new(cards)
}

async fn settle_channel(world: World, sender: channel::Sender, cards: Cards) {
    let sender = Arc::new(sender);
    world
        .settle_with(|row| {
            let (sender, cards) = (Arc::clone(&sender), Arc::clone(&cards));
            async move { drop(sender.deliver(&row, &cards[&row.id]).await.unwrap()) }
        })
        .await;
}

async fn settle_workflow(world: World, sender: workflow::Sender, cards: Cards) {
    let sender = Arc::new(sender);
    world
        .settle_with(|row| {
            let (sender, cards) = (Arc::clone(&sender), Arc::clone(&cards));
            async move { drop(sender.deliver(&row, &cards[&row.id]).await.unwrap()) }
        })
        .await;
}

/// Each row ended as delivered or as unconfirmed, and both are there.
fn ends(rows: &[DeliveryRecord]) -> (BTreeSet<DeliveryId>, BTreeSet<DeliveryId>) {
    let ids = |state| rows.iter().filter(|row| row.state == state).map(|row| row.id.clone()).collect();
    let (delivered, unconfirmed): (BTreeSet<_>, BTreeSet<_>) =
        (ids(DeliveryState::Delivered), ids(DeliveryState::Unconfirmed));
    assert_eq!(delivered.len() + unconfirmed.len(), rows.len(), "{rows:?}");
    assert!(!delivered.is_empty() && !unconfirmed.is_empty());
    (delivered, unconfirmed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_posted_once_at_most_whatever_happens() {
    let (world, mut dice) = (world().await, StdRng::seed_from_u64(SEED));
    world.office.chaos(Vendor::Graph, chaos());
    let cards = digests(&world, ROWS).await;
    let settle = |world: World| {
        settle_channel(
            world.clone(),
            channel(&world, &["microsoft"], CHANNEL, Duration::ZERO),
            Arc::clone(&cards),
        )
    };
    let kills = world.settle_killed(settle, &mut dice).await;

    let rows = world.rows().await;
    let (delivered, unconfirmed) = ends(&rows);
    let messages = world.office.teams().messages();
    let posted: Vec<&str> = messages.iter().map(|message| message.cards[0].id.as_str()).collect();
    let once: BTreeSet<&str> = posted.iter().copied().collect();
    assert_eq!((posted.len(), world.wrote("message.create")), (once.len(), once.len()), "twice");
    for row in &rows {
        let named = row.remote.as_ref().map(|id| messages.iter().find(|message| message.id == *id).unwrap());
        assert_eq!(
            named.map(|message| message.cards[0].id.as_str()),
            delivered.get(&row.id).map(DeliveryId::as_str)
        );
    }
    // What was posted and is not known to be is what nobody heard of.
    let unheard = once.iter().filter(|id| unconfirmed.iter().any(|one| one.as_str() == **id)).count();
    assert_eq!(once.len(), delivered.len() + unheard);
    eprintln!(
        "{kills} kills, {} delivered, {} unconfirmed, {unheard} of them posted",
        delivered.len(),
        unconfirmed.len()
    );

    // Nobody sends any of it again, calm as it is now.
    world.office.calm();
    let again = digests(&world, ROWS).await;
    settle_channel(world.clone(), channel(&world, &["microsoft"], CHANNEL, Duration::ZERO), again).await;
    assert_eq!(world.wrote("message.create"), once.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_it_may_be_read_nothing_that_was_posted_stays_unconfirmed() {
    let (world, mut dice) = (world().await, StdRng::seed_from_u64(SEED));
    world.office.chaos(Vendor::Graph, chaos());
    // As many as are looked through: in life they come one in a second.
    let cards = digests(&world, 45).await;
    let settle =
        |world: World| settle_channel(world.clone(), reader(&world, &["microsoft"]), Arc::clone(&cards));
    world.settle_killed(settle, &mut dice).await;
    let (delivered, _) = ends(&world.rows().await);
    let messages = world.office.teams().messages();
    let posted: BTreeSet<String> = messages.iter().map(|message| message.cards[0].id.clone()).collect();
    assert_eq!(posted.len(), messages.len(), "twice");
    assert_eq!(posted, delivered.iter().map(ToString::to_string).collect());
    assert!(world.office.record().iter().any(|written| !written.answered));
}

#[tokio::test]
async fn what_may_not_be_read_is_unconfirmed_and_says_so() {
    let world = world().await;
    world.office.set_token("poster", &["ChannelMessage.Send"]);
    let cards = digests(&world, 1).await;
    world.office.order(Vendor::Graph, Fault::Lost);
    settle_channel(world.clone(), reader(&world, &["poster"]), cards).await;
    let (state, why) = told(&world.rows().await[0]);
    assert!(state == DeliveryState::Unconfirmed && why.contains("ChannelMessage.Read.All"), "{why}");
    assert_eq!(world.wrote("message.create"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_handed_over_once_at_most_whatever_happens() {
    let (world, mut dice) = (world().await, StdRng::seed_from_u64(SEED));
    world.office.chaos(Vendor::Workflow, chaos());
    let cards = digests(&world, ROWS).await;
    let settle = |world: World| settle_workflow(world.clone(), workflow(&world), Arc::clone(&cards));
    world.settle_killed(settle, &mut dice).await;

    let (delivered, unconfirmed) = ends(&world.rows().await);
    let runs = world.office.teams().runs();
    assert!(
        runs.iter().all(|run| run.failed.is_none()),
        "{:?}",
        runs.iter().find(|run| run.failed.is_some())
    );
    let shown: BTreeSet<String> = runs.iter().map(|run| run.body.to_string()).collect();
    assert_eq!((shown.len(), world.wrote("workflow.posted")), (runs.len(), runs.len()), "twice");
    let told = |row: &DeliveryRecord| row.remote.as_deref() == Some("handed over");
    assert!(world.rows().await.iter().all(|row| told(row) == delivered.contains(&row.id)));
    assert!(runs.len() >= delivered.len() && runs.len() <= delivered.len() + unconfirmed.len());
}

#[tokio::test]
async fn what_is_asked_is_in_the_contract() {
    let world = World::of(Office::builder().graph_limits(Limits::none()).keep_said()).await;
    let cards = digests(&world, 1).await;
    world.office.order(Vendor::Graph, Fault::Lost);
    settle_channel(world.clone(), reader(&world, &["microsoft"]), cards).await;
    let Some(contract) = contracts::of("graph", "graph-teams-v1.0.cut.json") else { return };
    let path = &contract["paths"]["/teams/{team-id}/channels/{channel-id}/messages"];
    let said = world.office.said();
    let [posted, listed] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((posted.method.as_str(), listed.method.as_str()), ("POST", "GET"));
    assert!(said.iter().all(|said| said.path == format!("/v1.0/teams/{TEAM}/channels/{CHANNEL}/messages")));
    let mut schema = path["post"]["requestBody"]["content"]["application/json"]["schema"].clone();
    schema["components"] = contract["components"].clone();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&posted.body), "{}", posted.body);
    let known = |name: &String| {
        let parameters = path["get"]["parameters"].as_array().unwrap().iter();
        let mut named = parameters.map(|one| match one["$ref"].as_str() {
            Some(place) => contract.pointer(place.trim_start_matches('#')).unwrap(),
            None => one,
        });
        named.any(|one| one["name"] == name.as_str())
    };
    assert!(!listed.query.is_empty() && listed.query.keys().all(known), "{:?}", listed.query);
}

/// A process that is stopped for an hour right after it has taken its row.
struct Frozen(AtomicU32);

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        let hours = u64::from(self.0.fetch_add(1, Ordering::Relaxed) > 0);
        Timestamp::now().plus(Duration::from_secs(hours * 3_600))
    }
}

#[tokio::test]
async fn a_sender_that_wakes_up_after_its_turn_posts_nothing() {
    let world = world().await;
    let frozen = || Arc::new(Frozen(AtomicU32::new(0)));
    let (id, card) = digest(&world, 1, "false").await;
    let sender = channel::Sender::new(
        channel_settings(&world, CHANNEL, Duration::ZERO, false),
        world.ledger(),
        world.lease(&["microsoft"]),
        frozen(),
    );
    let row = world.row(&id).await;
    assert_eq!(sender.deliver(&row, &card).await.unwrap(), Turn::Overtaken);
    let (id, card) = digest(&world, 2, "false").await;
    let settings = workflow_settings(&world.office.workflow_url(), Duration::ZERO);
    let sender = workflow::Sender::new(settings, world.ledger(), world.lease(&[]), frozen());
    assert_eq!(sender.deliver(&world.row(&id).await, &card).await.unwrap(), Turn::Overtaken);
    assert_eq!(world.office.record(), []);

    // Nobody knows that it did not: whoever finds the row says so.
    tokio::time::sleep(ms(1_100)).await;
    let row = over(workflow(&world).deliver(&world.row(&id).await, &card).await.unwrap());
    assert_eq!((row.state, world.office.record().len()), (DeliveryState::Unconfirmed, 0));
}

#[tokio::test]
async fn what_was_posted_stays_as_it_was_posted() {
    let world = world().await;
    let (id, card) = digest(&world, 1, "false").await;
    let sender = channel(&world, &["microsoft"], CHANNEL, Duration::ZERO);
    let row = over(sender.deliver(&world.row(&id).await, &card).await.unwrap());
    let message = world.office.teams().messages().remove(0);
    assert_eq!((row.state, row.remote.as_deref()), (DeliveryState::Delivered, Some(message.id.as_str())));

    // A finding of the scan was renamed meanwhile.
    world.want_look("cards", &row.subject, "another look").await;
    let row = over(sender.deliver(&world.row(&id).await, &card).await.unwrap());
    assert_eq!((row.state, row.due, row.remote), (DeliveryState::Delivered, None, Some(message.id)));
    assert_eq!(world.wrote("message.create"), 1);
}

#[tokio::test]
async fn a_channel_gets_no_more_than_it_takes() {
    let limits = Limits { channel: Some(1), ..Limits::none() };
    let world = World::of(Office::builder().graph_limits(limits).keep_said()).await;
    let cards = digests(&world, 8).await;
    // Ten milliseconds here are a second of Microsoft's; the rest is for a machine that is busy.
    let sender = channel(&world, &["microsoft"], CHANNEL, ms(200));
    tokio::time::timeout(Duration::from_secs(20), settle_channel(world.clone(), sender, cards))
        .await
        .unwrap();
    let said = world.office.said();
    assert_eq!((said.iter().filter(|said| said.status == 201).count(), said.len()), (8, 8));
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let world = world().await;
    world.office.set_token("reader", &["User.Read"]);
    let first = async |number: usize, tokens: &[&'static str], to: &str| {
        let (id, card) = digest(&world, number, "false").await;
        told(&over(
            channel(&world, tokens, to, Duration::ZERO).deliver(&world.row(&id).await, &card).await.unwrap(),
        ))
    };
    let (state, why) = first(1, &["reader"], CHANNEL).await;
    assert!(state == DeliveryState::Parked && why.contains("ChannelMessage.Send"), "{why}");
    let (state, why) = first(2, &["gone", "gone too"], CHANNEL).await;
    assert!(state == DeliveryState::Parked && why.contains("connect the account again"), "{why}");
    assert_eq!(first(3, &["gone", "microsoft"], CHANNEL).await, (DeliveryState::Delivered, String::new()));
    let (state, why) = first(4, &["microsoft"], "19:nowhere@thread.tacv2").await;
    assert!(state == DeliveryState::Parked && why.contains("the channel is not there"), "{why}");
    world.office.order(Vendor::Graph, Fault::RateLimited { retry_after: 7 });
    let (state, why) = first(5, &["microsoft"], CHANNEL).await;
    assert!(state == DeliveryState::Planned && why.contains("TooManyRequests"), "{why}");
    world.office.order(Vendor::Graph, Fault::Status(413));
    let (state, why) = first(6, &["microsoft"], "19:other@thread.tacv2").await;
    assert!(state != DeliveryState::Delivered, "{why}");
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let world = world().await;
    let (id, card) = digest(&world, 1, "false").await;
    world.office.order(Vendor::Graph, Fault::RateLimited { retry_after: 7 });
    let sender = channel(&world, &["microsoft"], CHANNEL, Duration::ZERO);
    let row = over(sender.deliver(&world.row(&id).await, &card).await.unwrap());
    let wait = row.due.unwrap().since(row.changed_at);
    assert!(wait >= ms(6_500) && wait <= ms(7_000), "{wait:?}");
}

#[tokio::test]
async fn the_address_of_a_workflow_is_shown_nowhere() {
    let world = world().await;
    let url = world.office.workflow_url();
    let secret = url.split("sig=").nth(1).unwrap();
    for (number, url) in
        [url.replace("sig=", "sig=not-"), url.replace("/invoke", "/elsewhere-0123456789")].iter().enumerate()
    {
        let (id, card) = digest(&world, number, "false").await;
        let row = over(
            workflow_at(&world, url, Duration::ZERO).deliver(&world.row(&id).await, &card).await.unwrap(),
        );
        let (state, why) = told(&row);
        assert!(state == DeliveryState::Parked && why.contains("into the file"), "{why}");
        assert!(!why.contains(secret) && !why.contains("sig=") && !why.contains("elsewhere"), "{why}");
    }
    let (id, card) = digest(&world, 9, "false").await;
    world.office.order(Vendor::Workflow, Fault::Redirect(format!("https://evil.example/?sig={secret}")));
    let row = over(workflow(&world).deliver(&world.row(&id).await, &card).await.unwrap());
    let (state, why) = told(&row);
    assert!(state == DeliveryState::Parked && why.contains("evil.example") && !why.contains(secret), "{why}");
}

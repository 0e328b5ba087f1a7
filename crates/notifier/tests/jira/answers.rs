//! What Jira refuses, and what a person reads about it.

use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Timestamp, TransitionKind};
use checkmate_notifier::SystemClock;
use checkmate_notifier::jira::Ticket;
use checkmate_notifier::policy;
use checkmate_sandbox::jira::{ACCOUNT, Field, Kind, Project};
use checkmate_sandbox::{Fault, Office, Vendor};

use crate::harness::{Tickets, World, finding, ms, project, subject, tickets};

/// One new finding in the ledger.
pub(crate) async fn one(world: &World, jira: &policy::Jira) -> (DeliveryId, Ticket, Tickets) {
    let news = finding(1, "false", TransitionKind::Opened, 0);
    let (tickets, subjects) = tickets(jira, std::slice::from_ref(&news));
    world.want(&tickets, &subjects).await;
    let id = DeliveryId::derived("tickets", &subject(&news));
    let ticket = tickets[&id].clone();
    (id, ticket, tickets)
}

/// The first turn of a new ticket, by a sender that shows these tokens.
async fn first(world: &World, jira: &policy::Jira, tokens: &[&'static str]) -> DeliveryRecord {
    let (id, ticket, _) = one(world, jira).await;
    world.turn(&world.sender_with(tokens, Arc::new(SystemClock)), &ticket, &id).await
}

fn told(record: &DeliveryRecord) -> (DeliveryState, String) {
    (record.state, record.why.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_credential_that_is_not_taken_is_leased_again_once() {
    let world = World::new().await;
    let record = first(&world, &project(), &["gone", "atlassian"]).await;
    assert_eq!(told(&record), (DeliveryState::Delivered, String::new()));

    let world = World::new().await;
    let (state, why) = told(&first(&world, &project(), &["gone", "gone too", "atlassian"]).await);
    assert!(state == DeliveryState::Parked && why.contains("connect the account again"), "{why}");
    assert_eq!(world.office.record(), []);
}

#[tokio::test]
async fn what_is_parked_says_why_and_goes_on_when_that_is_mended() {
    let world = World::new().await;
    world.office.set_token("reader", &["read:jira-work"]);
    let (id, _, tickets) = one(&world, &project()).await;
    let record = first(&world, &project(), &["reader"]).await;
    let (state, why) = told(&record);
    assert!(state == DeliveryState::Parked && why.contains("write:jira-work"), "{why}");
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.row(&id).await.state, DeliveryState::Delivered);

    let world = World::new().await;
    let nowhere = policy::Jira { project: "NOPE".to_owned(), ..project() };
    let (state, why) = told(&first(&world, &nowhere, &["atlassian"]).await);
    assert!(state == DeliveryState::Parked && why.contains("the project is not there"), "{why}");

    let world = World::new().await;
    let (state, why) = told(&first(&world, &project(), &[]).await);
    assert_eq!((state, why.as_str()), (DeliveryState::Parked, "connect the account"));
}

#[tokio::test]
async fn the_wait_that_jira_asks_for_is_kept() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::RateLimited { retry_after: 7 });
    let record = first(&world, &project(), &["atlassian"]).await;
    let wait = record.due.unwrap().since(Timestamp::now());
    assert!(record.state == DeliveryState::Planned && wait > ms(6_000) && wait <= ms(7_000), "{wait:?}");
    assert!(told(&record).1.contains("jira-burst-based"), "{record:?}");

    // And for all others who ask the same of the site.
    let (tickets, subjects) = tickets(&project(), &[finding(2, "false", TransitionKind::Opened, 0)]);
    world.want(&tickets, &subjects).await;
    let (id, ticket) = tickets.first_key_value().unwrap();
    let other = world.turn(&world.sender(), ticket, id).await;
    let wait = other.due.unwrap().since(Timestamp::now());
    assert!(other.state == DeliveryState::Planned && wait > ms(5_000), "{other:?}");
    assert_eq!(world.office.record(), []);
}

/// A limit on one endpoint, or on writes to one ticket, holds up nothing else; a quota holds up all of the site.
#[tokio::test]
async fn a_limit_holds_as_far_as_its_name_says() {
    for (reason, on, link_goes_on, another_goes_on) in [
        ("jira-burst-based", "/remotelink", false, true),
        ("jira-per-issue-on-write", "/remotelink", true, true),
        ("jira-quota-tenant-based", "/remotelink", false, false),
    ] {
        let world = World::new().await;
        let limited = Fault::Limited { retry_after: Some(30), reason: reason.to_owned() };
        world.office.order_on(Vendor::Jira, "POST", on, limited);
        let (id, ticket, _) = one(&world, &project()).await;
        let record = world.turn(&world.sender(), &ticket, &id).await;
        let wait = record.due.unwrap().since(Timestamp::now());
        assert!(wait > ms(29_000) && record.remote.is_some(), "{reason}: {record:?}");

        let (tickets, subjects) = tickets(&project(), &[finding(2, "false", TransitionKind::Opened, 0)]);
        world.want(&tickets, &subjects).await;
        let (id, ticket) = tickets.first_key_value().unwrap();
        let other = world.turn(&world.sender(), ticket, id).await;
        assert_eq!(other.remote.is_some(), another_goes_on, "{reason}: {other:?}");
        assert_eq!(other.due.is_none(), link_goes_on, "{reason}: {other:?}");
    }
}

#[tokio::test]
async fn fields_that_are_missing_are_asked_for_by_name() {
    let with = Project::new("10000", "SEC", "Security").field(Field::required(
        "customfield_10010",
        "Team",
        Kind::Line,
    ));
    let world = World::of(Office::builder().project(with)).await;
    let (id, _, _) = one(&world, &project()).await;
    let (state, why) = told(&first(&world, &project(), &["atlassian"]).await);
    assert_eq!(state, DeliveryState::Parked);
    assert!(why.contains("Team is required") && why.contains("'Team' (customfield_10010)"), "{why}");
    assert!(why.contains("set fields = [\"Team=…\"] of the route"), "{why}");

    // It waits for the key that sets it, and goes on with that.
    let set = policy::Jira { fields: vec!["Team=Platform".parse().unwrap()], ..project() };
    let (_, _, tickets) = one(&world, &set).await;
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.ticket(&id).fields["customfield_10010"], "Platform");

    let world = World::new().await;
    let vulnerability = policy::Jira { issue_type: "Vulnerability".to_owned(), ..project() };
    let (state, why) = told(&first(&world, &vulnerability, &["atlassian"]).await);
    assert!(state == DeliveryState::Parked && why.contains("it has Task, Bug: set issue_type"), "{why}");
}

/// A project that asks for a field of each kind.
fn demanding() -> Project {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Project::new("10000", "SEC", "Security")
        .field(Field::required("customfield_10010", "Team", Kind::Option(names(&["Web", "Platform"]))))
        .field(Field::required("customfield_10011", "Points", Kind::Number))
        .field(Field::required("customfield_10012", "Asked by", Kind::Person))
        .field(Field::required("customfield_10013", "Asked on", Kind::Day))
        .field(Field::required("customfield_10014", "Story", Kind::Document))
        .field(Field::required("customfield_10015", "Kinds", Kind::ManyNamed(names(&["Risk", "Debt"]))))
        .field(Field::required("customfield_10016", "Words", Kind::Labels))
}

#[tokio::test]
async fn a_project_gets_all_it_asks_for() {
    let fields = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    let all = [
        "Team=Platform",
        "Points=3",
        &format!("customfield_10012={ACCOUNT}"),
        "Asked on=2027-03-31",
        "Story=Because.",
        "Kinds=Risk",
        "Kinds=Debt",
        "Words=auth0",
        "Priority=High",
    ];
    let world = World::of(Office::builder().project(demanding())).await;
    let jira = policy::Jira { fields: fields(&all), ..project() };
    let (id, _, tickets) = one(&world, &jira).await;
    world.settle(Arc::new(world.sender()), tickets).await;
    let set = world.ticket(&id).fields;
    assert_eq!(set["customfield_10010"]["id"], "2");
    assert_eq!(set["customfield_10015"], serde_json::json!([{"id": "1"}, {"id": "2"}]));
    assert_eq!((&set["customfield_10011"], &set["priority"]["id"]), (&3.into(), &"2".into()));

    // A slip of the pen waits, and says what there is; nothing is sent.
    let world = World::of(Office::builder().project(demanding())).await;
    let jira = policy::Jira { fields: fields(&["Team=Platfrom"]), ..project() };
    let (state, why) = told(&first(&world, &jira, &["atlassian"]).await);
    assert!(
        state == DeliveryState::Parked && why.contains("takes Web, Platform, and no 'Platfrom'"),
        "{why}"
    );
    let jira = policy::Jira { fields: fields(&["Points=3"]), ..project() };
    assert_eq!(world.office.record(), []);
    let world = World::of(Office::builder().project(demanding())).await;
    let (_, why) = told(&first(&world, &jira, &["atlassian"]).await);
    assert!(
        why.contains("Team=…") && why.contains("it takes Web, Platform") && !why.contains("Points="),
        "{why}"
    );
    assert_eq!(world.office.record(), []);
}

#[tokio::test]
async fn a_ticket_that_may_be_there_is_never_parked() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Lost);
    let (id, ticket, tickets) = one(&world, &project()).await;
    let lost = world.turn(&world.sender(), &ticket, &id).await;
    assert_eq!(lost.state, DeliveryState::Unknown);
    tokio::time::sleep(ms(70)).await;
    let blind = world.sender_with(&["gone", "gone"], Arc::new(SystemClock));
    let (state, why) = told(&world.turn(&blind, &ticket, &id).await);
    assert!(state == DeliveryState::Unknown && why.contains("connect"), "{why}");
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.wrote("issue.create"), 1);
}

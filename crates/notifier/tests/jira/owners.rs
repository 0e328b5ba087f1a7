//! Whose a ticket is: by policy when it is made, by a person whenever one says so.

use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryState, TransitionKind};
use checkmate_notifier::policy::{self, News};
use checkmate_sandbox::jira::{ACCOUNT, PERSON};
use serde_json::{Value, json};

use crate::harness::{World, finding, project, subject, tickets};

fn owned(owners: &[&str]) -> policy::Jira {
    policy::Jira { owners: owners.iter().map(|text| text.parse().unwrap()).collect(), ..project() }
}

/// The one finding, as it is seen now, given to somebody.
fn given(seen: &str, change: TransitionKind, to: Option<&str>) -> News {
    News { assignee: to.map(str::to_owned), decided: to.is_some(), ..finding(1, seen, change, 0) }
}

/// Brings it out; how the row stands after the first turn that comes to nothing, or at the end.
async fn bring(world: &World, jira: &policy::Jira, news: &News) -> (DeliveryState, String) {
    let (tickets, subjects) = tickets(jira, std::slice::from_ref(news));
    world.want(&tickets, &subjects).await;
    let id = id(news);
    let row = world.turn(&world.sender(), &tickets[&id], &id).await;
    (row.state, row.why.unwrap_or_default())
}

fn id(news: &News) -> DeliveryId {
    DeliveryId::derived("tickets", &subject(news))
}

fn assignee(world: &World, news: &News) -> Value {
    world.ticket(&id(news)).fields.get("assignee").cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_new_ticket_is_whose_policy_says_and_then_whose_people_say() {
    let world = World::new().await;
    let person = format!("auth0:acme*=account:{PERSON}");
    let jira = owned(&["github=component:Code", &person, "auth0.a=component:Identity"]);
    let opened = given("false", TransitionKind::Opened, None);
    assert_eq!(bring(&world, &jira, &opened).await.0, DeliveryState::Delivered);
    assert_eq!(assignee(&world, &opened), json!({"accountId": PERSON}));
    assert_eq!(world.ticket(&id(&opened)).fields["components"], json!([{"name": "Identity"}]));

    // A name that tickets do not know is for people to read.
    let named = given("false", TransitionKind::Opened, Some("ann"));
    let (tickets, subjects) = tickets(&jira, std::slice::from_ref(&named));
    assert_eq!(world.want(&tickets, &subjects).await, 0);

    let decided = given("false", TransitionKind::Opened, Some(ACCOUNT));
    assert_eq!(bring(&world, &jira, &decided).await.0, DeliveryState::Delivered);
    assert_eq!(assignee(&world, &opened), json!({"accountId": ACCOUNT}));

    // Whoever gives it away in Jira after that is not overruled.
    let key = world.ticket(&id(&opened)).key;
    world.office.jira().change(&key, |issue| {
        issue.fields.insert("assignee".to_owned(), json!({"accountId": PERSON}));
    });
    let changed = given("nothing", TransitionKind::Changed, Some(ACCOUNT));
    assert_eq!(bring(&world, &jira, &changed).await.0, DeliveryState::Delivered);
    assert_eq!(assignee(&world, &opened), json!({"accountId": PERSON}));
    assert!(world.ticket(&id(&opened)).fields["description"].to_string().contains("nothing"));
    assert_eq!(world.wrote("issue.create"), 1);
}

#[tokio::test]
async fn who_a_person_names_before_there_is_a_ticket_comes_first() {
    let world = World::new().await;
    let jira = owned(&[&format!("*=account:{PERSON}")]);
    let given = given("false", TransitionKind::Opened, Some(ACCOUNT));
    assert_eq!(bring(&world, &jira, &given).await.0, DeliveryState::Delivered);
    assert_eq!(assignee(&world, &given), json!({"accountId": ACCOUNT}));
}

#[tokio::test]
async fn an_owner_that_is_not_there_is_told_and_waited_for() {
    const GONE: &str = "5b10a0000c00000000ede00g";
    let opened = given("false", TransitionKind::Opened, None);
    for (owner, told) in [
        (
            "*=component:Identiy".to_owned(),
            "'Components' (components): mend owners of the route, or make the component; it takes Identity, Code",
        ),
        (
            format!("*=account:{GONE}"),
            "'Assignee' (assignee): mend owners of the route, or name another account",
        ),
    ] {
        let world = World::new().await;
        let (state, why) = bring(&world, &owned(&[&owner]), &opened).await;
        assert!(state == DeliveryState::Parked && why.contains(told), "{why}");
        assert_eq!(world.office.record(), []);
        // With another owner it goes on.
        let (tickets, subjects) = tickets(&owned(&["*=component:Code"]), std::slice::from_ref(&opened));
        world.want(&tickets, &subjects).await;
        world.settle(Arc::new(world.sender()), tickets).await;
        assert_eq!(world.row(&id(&opened)).await.state, DeliveryState::Delivered);
    }

    // The same of a ticket that is there.
    let world = World::new().await;
    assert_eq!(bring(&world, &project(), &opened).await.0, DeliveryState::Delivered);
    let lost = given("false", TransitionKind::Opened, Some(GONE));
    let (state, why) = bring(&world, &project(), &lost).await;
    assert!(state == DeliveryState::Parked && why.contains("cannot have it"), "{why}");
    assert!(why.contains(GONE) && why.contains("'findings assign' names another"), "{why}");
}

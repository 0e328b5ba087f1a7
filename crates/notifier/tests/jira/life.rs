//! A ticket from its making to its reopening, and the people around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Timestamp, TransitionKind};
use checkmate_notifier::Clock;
use checkmate_notifier::deliver::by_hand::retried;
use checkmate_notifier::jira::{Turn, Watched};
use checkmate_sandbox::jira::{Category, Project};
use checkmate_sandbox::{Fault, Office, Vendor};
use checkmate_store::LedgerStore;
use serde_json::json;

use crate::answers::one;
use crate::harness::{World, finding, ms, project, tickets};

/// Brings the one finding out as it is seen now.
async fn bring(world: &World, seen: &str, change: TransitionKind, reopened: u32) -> DeliveryId {
    let (tickets, subjects) = tickets(&project(), &[finding(1, seen, change, reopened)]);
    world.want(&tickets, &subjects).await;
    world.settle(Arc::new(world.sender()), tickets).await;
    let id = DeliveryId::derived("tickets", &subjects[0]);
    assert_eq!(world.row(&id).await.state, DeliveryState::Delivered);
    id
}

#[tokio::test]
async fn what_was_lost_is_found_and_no_clone_is_taken_for_it() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Lost);
    let (id, ticket, tickets) = one(&world, &project()).await;
    let lost = world.turn(&world.sender(), &ticket, &id).await;
    assert_eq!((lost.state, lost.remote), (DeliveryState::Unknown, None));
    world.office.jira().clone_issue("SEC-1").unwrap();
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.row(&id).await.remote.as_deref(), Some("SEC-1"));
    assert_eq!(world.wrote("issue.create"), 1);

    // Only the clone is left: it is not ours, and ours is made again. What is lost was never in the index.
    let world = World::new().await;
    let (id, ticket, tickets) = one(&world, &project()).await;
    let gone = tokio::spawn({
        let office = Arc::clone(&world.office);
        async move {
            while office.jira().clone_issue("SEC-1").is_none() {
                tokio::time::sleep(ms(1)).await;
            }
            office.jira().delete("SEC-1");
        }
    });
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Lost);
    world.turn(&world.sender(), &ticket, &id).await;
    gone.await.unwrap();
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.row(&id).await.remote.as_deref(), Some("SEC-3"));
}

#[tokio::test]
async fn what_was_never_made_is_made_after_the_last_look() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Status(503));
    let (id, ticket, tickets) = one(&world, &project()).await;
    let began = Timestamp::now();
    assert_eq!(world.turn(&world.sender(), &ticket, &id).await.state, DeliveryState::Unknown);
    world.settle(Arc::new(world.sender()), tickets).await;
    assert!(world.ticket(&id).created.since(began) >= ms(500), "not before the index would have had it");
    assert_eq!(world.row(&id).await.attempts, 2);
}

#[tokio::test]
async fn a_ticket_is_changed_closed_and_opened_again() {
    let world = World::new().await;
    let id = bring(&world, "false", TransitionKind::Opened, 0).await;
    let made = world.ticket(&id);
    assert_eq!((made.comments.len(), made.links.len(), made.category), (0, 1, Category::New));
    // A label of somebody else stays.
    world.office.jira().change(&made.key, |issue| {
        let labels = issue.fields["labels"].as_array_mut().unwrap();
        labels.push(json!("sprint-7"));
    });
    for end in ["/comment", "/transitions", "/SEC-1", "/properties/checkmate.delivery"] {
        let method = if end.starts_with("/SEC") || end.contains("prop") { "PUT" } else { "POST" };
        world.office.order_on(Vendor::Jira, method, end, Fault::Lost);
    }
    bring(&world, "nothing", TransitionKind::Resolved, 0).await;
    let closed = world.ticket(&id);
    assert_eq!((closed.comments.len(), closed.category, closed.moved.len()), (1, Category::Done, 1));
    assert_eq!((closed.status.as_str(), closed.key.as_str()), ("Done", made.key.as_str()));
    assert!(closed.labels().contains(&"sprint-7"), "{:?}", closed.labels());
    assert!(closed.fields["description"].to_string().contains("nothing"));

    world.office.order_on(Vendor::Jira, "POST", "/transitions", Fault::Lost);
    bring(&world, "false", TransitionKind::Reopened, 1).await;
    let back = world.ticket(&id);
    assert_eq!((back.comments.len(), back.category, back.moved.len()), (2, Category::New, 2));
    assert_eq!(world.wrote("issue.create"), 1);
    assert_eq!(back.links.len(), 1);
}

#[tokio::test]
async fn a_workflow_without_a_short_way_is_walked() {
    let mut long = Project::new("10000", "SEC", "Security");
    long.transitions.retain(|way| way.name != "Won't do");
    long.transitions.iter_mut().filter(|way| way.name == "Resolve").for_each(|way| {
        way.from = vec!["In Progress".to_owned()];
    });
    let world = World::of(Office::builder().project(long)).await;
    let id = bring(&world, "false", TransitionKind::Opened, 0).await;
    bring(&world, "true", TransitionKind::Resolved, 0).await;
    let statuses: Vec<String> = world.ticket(&id).moved.into_iter().map(|moved| moved.to).collect();
    assert_eq!(statuses, ["In Progress", "Done"]);
}

#[tokio::test]
async fn nothing_is_made_that_is_mended_already() {
    let world = World::new().await;
    let id = bring(&world, "true", TransitionKind::Resolved, 0).await;
    assert_eq!((world.row(&id).await.remote, world.office.record().len()), (None, 0));
    bring(&world, "false", TransitionKind::Reopened, 1).await;
    assert_eq!(world.ticket(&id).category, Category::New);
}

#[tokio::test]
async fn a_ticket_that_is_gone_is_told_and_not_made_again() {
    let world = World::new().await;
    let id = bring(&world, "false", TransitionKind::Opened, 0).await;
    world.office.jira().delete("SEC-1");
    let (tickets, subjects) = tickets(&project(), &[finding(1, "other", TransitionKind::Changed, 0)]);
    world.want(&tickets, &subjects).await;
    world.settle(Arc::new(world.sender()), Arc::clone(&tickets)).await;
    let row = world.row(&id).await;
    assert!(row.state == DeliveryState::Failed && row.why.as_ref().unwrap().starts_with("SEC-1"), "{row:?}");
    assert_eq!(world.wrote("issue.create"), 1);

    // Only when a person tries it again there is a new one.
    let again = retried(&row, Timestamp::now()).unwrap();
    assert!(world.store.put_delivery(again).await.unwrap().is_some());
    world.settle(Arc::new(world.sender()), Arc::clone(&tickets)).await;
    let row = world.row(&id).await;
    assert_eq!((row.state, row.remote.as_deref()), (DeliveryState::Delivered, Some("SEC-2")));
}

#[tokio::test]
async fn a_look_that_changes_on_the_way_is_brought_out_next() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Late(ms(300)));
    let (id, ticket, _) = one(&world, &project()).await;
    let (sender, row) = (world.sender(), world.row(&id).await);
    let sending = tokio::spawn(async move { sender.deliver(&row, &ticket).await.unwrap() });
    tokio::time::sleep(ms(100)).await;
    let (tickets, subjects) = tickets(&project(), &[finding(1, "other", TransitionKind::Changed, 0)]);
    assert_eq!(world.want(&tickets, &subjects).await, 1);
    let Turn::Over(row) = sending.await.unwrap() else { panic!() };
    assert_eq!((row.state, row.remote.as_deref()), (DeliveryState::Planned, Some("SEC-1")));
    world.settle(Arc::new(world.sender()), tickets).await;
    assert!(world.ticket(&id).fields["description"].to_string().contains("other"));
    assert_eq!((world.wrote("issue.create"), world.wrote("comment.create")), (1, 1));
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
async fn a_sender_that_wakes_up_after_its_turn_does_nothing() {
    let world = World::new().await;
    let (id, ticket, _) = one(&world, &project()).await;
    let frozen = world.sender_with(&["atlassian"], Arc::new(Frozen(AtomicU32::new(0))));
    let turn = frozen.deliver(&world.row(&id).await, &ticket).await.unwrap();
    assert_eq!((turn, world.office.record().len()), (Turn::Overtaken, 0));
    assert_eq!(world.row(&id).await.state, DeliveryState::Sending, "it falls due by itself");
}

#[tokio::test]
async fn of_two_senders_one_is_too_late() {
    let world = World::new().await;
    let (id, ticket, _) = one(&world, &project()).await;
    let (row, one, two) = (world.row(&id).await, world.sender(), world.sender());
    let (first, second) = tokio::join!(one.deliver(&row, &ticket), two.deliver(&row, &ticket));
    let turns = [first.unwrap(), second.unwrap()];
    assert_eq!(turns.iter().filter(|turn| **turn == Turn::Overtaken).count(), 1, "{turns:?}");
    assert_eq!(world.wrote("issue.create"), 1);
}

#[tokio::test]
async fn a_write_that_comes_to_pass_after_every_look_is_found_and_closed() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/issue", Fault::Late(ms(2_500)));
    let (id, _, tickets) = one(&world, &project()).await;
    world.settle(Arc::new(world.sender()), Arc::clone(&tickets)).await;
    tokio::time::sleep(ms(2_200)).await;
    let keys: Vec<String> = world.office.jira().issues().into_iter().map(|issue| issue.key).collect();
    assert_eq!(keys, ["SEC-1", "SEC-2"]);

    // However it is that the ledger names the younger.
    let row = world.row(&id).await;
    assert_eq!(row.remote.as_deref(), Some("SEC-1"));
    let row = DeliveryRecord { remote: Some("SEC-2".to_owned()), ..row };
    let row = world.store.put_delivery(row).await.unwrap().unwrap();

    // An answer that is lost half-way is no end of it: what was closed is closed once.
    world.office.order_on(Vendor::Jira, "POST", "/transitions", Fault::Lost);
    assert!(matches!(world.sender().watch(&row).await.unwrap(), Watched::Later(_)));
    world.settle(Arc::new(world.sender()), tickets).await;
    let row = world.row(&id).await;
    assert_eq!(world.sender().watch(&row).await.unwrap(), Watched::Closed(vec!["SEC-2".to_owned()]));
    assert_eq!((row.state, row.remote.as_deref()), (DeliveryState::Delivered, Some("SEC-1")));
    let (older, younger) = (world.office.jira().issue("SEC-1"), world.office.jira().issue("SEC-2"));
    let (older, younger) = (older.unwrap(), younger.unwrap());
    assert_eq!((older.category, younger.category), (Category::New, Category::Done));
    assert!(younger.related.iter().any(|link| link.outward && link.other == older.id));
    assert_eq!(younger.moved.len(), 1);

    tokio::time::sleep(ms(400)).await;
    assert_eq!(world.sender().watch(&row).await.unwrap(), Watched::Fine);
}

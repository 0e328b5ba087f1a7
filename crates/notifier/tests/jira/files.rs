//! The list of all findings on a ticket whose description does not hold them: there once, and the one of now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::{
    DeliveryId, DeliveryRecord, DeliveryState, GroupId, Subject, Timestamp, TransitionKind,
};
use checkmate_notifier::jira::Ticket;
use checkmate_notifier::policy::{News, Shape};
use checkmate_sandbox::jira::{Attachment, Category};
use checkmate_sandbox::{Chaos, Fault, Vendor};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::harness::{Tickets, World, finding, project};

const SEED: u64 = 20_261_127;
const TICKETS: usize = 24;
/// Findings of one ticket: more than a description holds.
const MANY: usize = 120;

fn subject(number: usize) -> Subject {
    Subject::Group(GroupId::new(format!("group{number}")).unwrap())
}

fn id(number: usize) -> DeliveryId {
    DeliveryId::derived("tickets", &subject(number))
}

/// A ticket of a number with so many findings, as they are seen now.
fn ticket(number: usize, findings: usize, seen: &str) -> Ticket {
    let seen = format!("{seen} {}", "so ".repeat(80));
    let members: Vec<News> = (0..findings).map(|n| finding(n, &seen, TransitionKind::Opened, 0)).collect();
    let shape = Shape::Ticket(members.iter().collect());
    Ticket::of(&project(), &id(number), &shape, None, Timestamp::from_millis(0)).unwrap()
}

async fn want(world: &World, tickets: std::ops::Range<usize>, findings: usize, seen: &str) -> Tickets {
    let mut made = BTreeMap::new();
    for number in tickets {
        let ticket = ticket(number, findings, seen);
        world.want_look("tickets", &subject(number), ticket.look()).await;
        made.insert(id(number), ticket);
    }
    Arc::new(made)
}

/// Brings one ticket out, without anything going wrong but what was ordered.
async fn bring(world: &World, findings: usize, seen: &str) -> DeliveryRecord {
    let tickets = want(world, 0..1, findings, seen).await;
    world.settle(Arc::new(world.sender()), tickets).await;
    world.row(&id(0)).await
}

fn files(world: &World, number: usize) -> Vec<Attachment> {
    world.ticket(&id(number)).attachments
}

/// Each ticket has the list of now once, its text names that list, and all findings are in it.
fn agree(world: &World, tickets: std::ops::Range<usize>, seen: &str) {
    for number in tickets {
        let files = files(world, number);
        let [file] = files.as_slice() else { panic!("{number}: {} files", files.len()) };
        let text = std::str::from_utf8(&file.data).unwrap();
        assert_eq!((text.lines().count(), text.matches(&format!("{seen} so")).count()), (MANY + 1, MANY));
        assert_eq!(file.media_type, "text/csv");
        let issue = world.ticket(&id(number));
        assert!(issue.fields["description"].to_string().contains(&file.filename), "{}", file.filename);
        assert_eq!(issue.properties["checkmate.delivery"]["file"], file.filename.as_str());
    }
}

#[tokio::test]
async fn what_a_description_does_not_hold_is_in_a_file_that_follows_it() {
    let world = World::new().await;
    bring(&world, 3, "first").await;
    assert_eq!(files(&world, 0), []);

    bring(&world, MANY, "first").await;
    agree(&world, 0..1, "first");
    // Nothing has changed: nothing is sent.
    let before = world.office.record().len();
    bring(&world, MANY, "first").await;
    assert_eq!(world.office.record().len(), before);

    // People's files stay, whatever they are called.
    let key = world.ticket(&id(0)).key;
    let theirs = |name: &str| Attachment { id: 7, filename: name.to_owned(), ..files(&world, 0)[0].clone() };
    let theirs = [theirs("checkmate-notes.csv"), theirs("list.csv")];
    world.office.jira().change(&key, |issue| issue.attachments.extend(theirs.clone()));
    bring(&world, MANY, "second").await;
    let there = files(&world, 0);
    assert_eq!((there.len(), &there[..2]), (3, &theirs[..]));
    assert!(String::from_utf8_lossy(&there[2].data).contains("second"));
    assert_eq!(world.wrote("attachment.create"), 2);

    // Few again: the description holds them.
    bring(&world, 3, "second").await;
    assert_eq!(files(&world, 0), theirs);
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_there_once() {
    let world = World::new().await;
    world.office.order_on(Vendor::Jira, "POST", "/attachments", Fault::Lost);
    bring(&world, MANY, "first").await;
    agree(&world, 0..1, "first");
    assert_eq!((world.wrote("attachment.create"), world.wrote("comment.create")), (1, 0));

    // The same of one that takes the place of another.
    world.office.order_on(Vendor::Jira, "POST", "/attachments", Fault::Lost);
    world.office.order_on(Vendor::Jira, "DELETE", "/attachment", Fault::Lost);
    bring(&world, MANY, "second").await;
    agree(&world, 0..1, "second");
    assert_eq!((world.wrote("attachment.create"), world.wrote("comment.create")), (2, 1));
}

#[tokio::test]
async fn a_file_that_is_not_taken_leaves_the_ticket_and_says_so() {
    for (status, state, told) in [
        (403, DeliveryState::Parked, "may not do this in Jira"),
        (404, DeliveryState::Parked, "allow attachments in the project"),
        (413, DeliveryState::Failed, "Jira answered 413"),
    ] {
        let world = World::new().await;
        world.office.order_on(Vendor::Jira, "POST", "/attachments", Fault::Status(status));
        let tickets = want(&world, 0..1, MANY, "first").await;
        let row = world.turn(&world.sender(), &tickets[&id(0)], &id(0)).await;
        let why = row.why.unwrap_or_default();
        assert!(row.state == state && why.contains(told), "{status}: {:?} {why}", row.state);
        assert_eq!(row.remote.as_deref(), Some("SEC-1"));
        assert_eq!(world.wrote("issue.create"), 1);
    }
}

#[tokio::test]
async fn a_ticket_is_closed_whether_its_file_is_taken_or_not() {
    let world = World::new().await;
    bring(&world, MANY, "first").await;
    world.office.order_on(Vendor::Jira, "POST", "/attachments", Fault::Status(403));
    let members: Vec<News> =
        (0..MANY).map(|n| finding(n, &"mended ".repeat(40), TransitionKind::Resolved, 0)).collect();
    let shape = Shape::Ticket(members.iter().collect());
    let closed = Ticket::of(&project(), &id(0), &shape, None, Timestamp::from_millis(0)).unwrap();
    world.want_look("tickets", &subject(0), closed.look()).await;
    let row = world.turn(&world.sender(), &closed, &id(0)).await;
    assert_eq!((row.state, world.ticket(&id(0)).category), (DeliveryState::Parked, Category::Done));
    world.settle(Arc::new(world.sender()), Arc::new([(id(0), closed)].into())).await;
    assert_eq!((files(&world, 0).len(), world.wrote("comment.create")), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_file_each_whatever_happens() {
    let (began, mut dice) = (Instant::now(), StdRng::seed_from_u64(SEED));
    let world = World::new().await;
    let chaos = Chaos { lost: 0.2, rate_limited: 0.1, server_error: 0.05, seed: SEED, ..Chaos::default() };
    world.office.chaos(Vendor::Jira, chaos);
    for (seen, number) in [("first", TICKETS), ("second", TICKETS / 2)] {
        let tickets = want(&world, 0..number, MANY, seen).await;
        let settle = |world: World| {
            let (sender, tickets) = (Arc::new(world.sender()), Arc::clone(&tickets));
            async move { world.settle(sender, tickets).await }
        };
        let kills = world.settle_killed(settle, &mut dice).await;
        eprintln!("{seen}: {kills} kills, {:?}", began.elapsed());
        agree(&world, 0..number, seen);
    }
    agree(&world, TICKETS / 2..TICKETS, "first");
    assert_eq!(world.wrote("issue.create"), TICKETS);
    assert!(
        world.office.record().iter().any(|written| written.what == "attachment.create" && !written.answered)
    );
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

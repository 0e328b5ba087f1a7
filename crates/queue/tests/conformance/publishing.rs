//! What a confirm is worth and where messages go.

use std::collections::BTreeSet;

use checkmate_domain::Lane;
use checkmate_queue::{Destination, Outgoing, PublishError, Queue, Settle};

use super::{Fixture, WORK, consume, depth_becomes, id, next, nothing_comes, publish, settle, work};

fn event(kind: &str, must_route: bool, id: &str) -> Outgoing {
    Outgoing::new(Destination::Event { kind: kind.to_owned(), must_route }, id, b"{}".to_vec())
}

pub(crate) async fn one_consumer_sees_the_order_of_publishing(fixture: &dyn Fixture) {
    let ids: Vec<String> = (0..120).map(|n| format!("m{n:03}")).collect();
    for chunk in ids.chunks(7) {
        fixture.broker().publish(chunk.iter().map(|id| work(id)).collect()).await.unwrap();
    }
    let mut consumer = consume(fixture, WORK, 16).await;
    for expected in &ids {
        let delivery = next(&mut consumer).await;
        assert_eq!(&id(&delivery), expected);
        assert!(!delivery.message.redelivered, "{expected} was never delivered before");
        settle(delivery, Settle::Done).await;
    }
    nothing_comes(&mut consumer).await;
}

pub(crate) async fn confirmed_means_stored(fixture: &dyn Fixture) {
    let ids: Vec<String> = (0..40).map(|n| format!("m{n:02}")).collect();
    fixture.broker().publish(ids.iter().map(|id| work(id)).collect()).await.unwrap();
    fixture.broker().publish(vec![event("checkmate.result.recorded", true, "result")]).await.unwrap();
    fixture.restart().await;
    let mut consumer = consume(fixture, WORK, 10).await;
    for expected in &ids {
        let delivery = next(&mut consumer).await;
        assert_eq!(&id(&delivery), expected);
        assert_eq!(&*delivery.message.body, format!("body of {expected}").as_bytes());
        settle(delivery, Settle::Done).await;
    }
    let mut results = consume(fixture, Queue::Results, 1).await;
    assert_eq!(id(&next(&mut results).await), "result");
}

pub(crate) async fn nobody_listening_is_told_when_it_matters(fixture: &dyn Fixture) {
    let broker = fixture.broker();
    let lost = broker.publish(vec![event("checkmate.nobody.listens", true, "a")]).await;
    assert!(matches!(lost, Err(PublishError::Unroutable { .. })), "{lost:?}");
    broker.publish(vec![event("checkmate.nobody.listens", false, "b")]).await.unwrap();
    publish(fixture, &["after"]).await;
    let mut consumer = consume(fixture, WORK, 1).await;
    assert_eq!(id(&next(&mut consumer).await), "after");
}

pub(crate) async fn result_events_reach_the_results_queue(fixture: &dyn Fixture) {
    let mut sent = event("checkmate.result.recorded", true, "r1");
    sent.headers.insert("checkmate-attempt".to_owned(), "3".to_owned());
    fixture.broker().publish(vec![sent]).await.unwrap();
    let mut results = consume(fixture, Queue::Results, 4).await;
    let delivery = next(&mut results).await;
    assert_eq!(id(&delivery), "r1");
    assert_eq!(delivery.message.queue, Queue::Results);
    assert_eq!(delivery.message.headers.get("checkmate-attempt").map(String::as_str), Some("3"));
    assert_eq!(delivery.message.death, None);
    settle(delivery, Settle::Done).await;
}

pub(crate) async fn a_batch_arrives_whole(fixture: &dyn Fixture) {
    let broker = fixture.broker();
    broker.publish(Vec::new()).await.unwrap();
    let ids: BTreeSet<String> = (0..300).map(|n| format!("m{n}")).collect();
    let mut batch: Vec<Outgoing> = ids.iter().map(|id| work(id)).collect();
    batch.push(Outgoing::new(Destination::Work(Lane::Interactive), "interactive", Vec::new()));
    batch.push(Outgoing::new(Destination::Queue(Queue::Dead), "to the dead", b"x".to_vec()));
    broker.publish(batch).await.unwrap();
    let mut seen = BTreeSet::new();
    let mut consumer = consume(fixture, WORK, 50).await;
    while seen.len() < ids.len() {
        let delivery = next(&mut consumer).await;
        assert!(seen.insert(id(&delivery)), "each comes once");
        settle(delivery, Settle::Done).await;
    }
    assert_eq!(seen, ids);
    let mut interactive = consume(fixture, Queue::ScanInteractive, 1).await;
    let delivery = next(&mut interactive).await;
    assert_eq!((id(&delivery).as_str(), delivery.message.body.len()), ("interactive", 0));
    let mut graveyard = consume(fixture, Queue::Dead, 1).await;
    assert_eq!(id(&next(&mut graveyard).await), "to the dead");
}

pub(crate) async fn depth_counts(fixture: &dyn Fixture) {
    depth_becomes(fixture, WORK, 0, 0).await;
    publish(fixture, &["a", "b", "c", "d"]).await;
    depth_becomes(fixture, WORK, 4, 0).await;
    let mut consumer = consume(fixture, WORK, 1).await;
    let first = next(&mut consumer).await;
    depth_becomes(fixture, WORK, 3, 1).await;
    settle(first, Settle::Done).await;
    consumer.stop().await;
    depth_becomes(fixture, WORK, 3, 0).await;
    depth_becomes(fixture, Queue::Results, 0, 0).await;
}

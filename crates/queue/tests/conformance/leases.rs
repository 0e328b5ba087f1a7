//! Who holds a message, and what happens when the hold is lost.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use checkmate_queue::{Consumer, Settle, Settled};

use super::{
    Fixture, PATIENCE, WORK, consume, depth_becomes, id, next, nothing_comes, publish, settle, work,
};

/// That the consumer ends by itself.
async fn ends(consumer: &mut Box<dyn Consumer>) {
    let end = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("the consumer ends");
    assert!(end.is_none(), "{:?} came after the end", end.and_then(|delivery| delivery.message.id));
}

pub(crate) async fn no_more_than_prefetch_is_leased(fixture: &dyn Fixture) {
    publish(fixture, &["a", "b", "c", "d", "e"]).await;
    let mut consumer = consume(fixture, WORK, 3).await;
    let first = next(&mut consumer).await;
    let _second = next(&mut consumer).await;
    let _third = next(&mut consumer).await;
    nothing_comes(&mut consumer).await;
    depth_becomes(fixture, WORK, 2, 3).await;
    settle(first, Settle::Done).await;
    let fourth = next(&mut consumer).await;
    assert_eq!(id(&fourth), "d");
    nothing_comes(&mut consumer).await;
}

pub(crate) async fn what_is_here_is_had_without_waiting(fixture: &dyn Fixture) {
    let mut consumer = consume(fixture, WORK, 3).await;
    assert!(consumer.ready().is_none(), "nothing was published");
    publish(fixture, &["a", "b", "c", "d"]).await;
    let mut taken = vec![next(&mut consumer).await];
    let until = Instant::now() + PATIENCE;
    while taken.len() < 3 {
        assert!(Instant::now() < until, "{} came", taken.len());
        taken.extend(consumer.ready());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(taken.iter().map(id).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(consumer.ready().is_none(), "more than prefetched");
    // Asking without waiting takes nothing from who waits.
    settle(taken.remove(0), Settle::Done).await;
    assert_eq!(id(&next(&mut consumer).await), "d");
    consumer.stop().await;
    assert!(consumer.ready().is_none(), "stopped");
    settle(taken.remove(0), Settle::Done).await;
}

pub(crate) async fn two_consumers_share(fixture: &dyn Fixture) {
    const EACH_AT_MOST: usize = 60;
    let mut one = consume(fixture, WORK, 5).await;
    let mut other = consume(fixture, WORK, 5).await;
    let ids: BTreeSet<String> = (0..EACH_AT_MOST).map(|n| format!("m{n}")).collect();
    fixture.broker().publish(ids.iter().map(|id| work(id)).collect()).await.unwrap();
    let (mut by_one, mut by_other) = (Vec::new(), Vec::new());
    while by_one.len() + by_other.len() < ids.len() {
        let (delivery, list) = tokio::select! {
            delivery = next(&mut one) => (delivery, &mut by_one),
            delivery = next(&mut other) => (delivery, &mut by_other),
        };
        tokio::time::sleep(Duration::from_millis(2)).await;
        list.push(id(&delivery));
        settle(delivery, Settle::Done).await;
    }
    assert!(!by_one.is_empty() && !by_other.is_empty(), "{} and {}", by_one.len(), by_other.len());
    assert_eq!(by_one.into_iter().chain(by_other).collect::<BTreeSet<_>>(), ids);
}

pub(crate) async fn stop_gives_back_what_was_not_taken(fixture: &dyn Fixture) {
    publish(fixture, &["a", "b", "c", "d", "e", "f"]).await;
    let mut consumer = consume(fixture, WORK, 6).await;
    let first = next(&mut consumer).await;
    let second = next(&mut consumer).await;
    consumer.stop().await;
    ends(&mut consumer).await;
    depth_becomes(fixture, WORK, 4, 2).await;
    settle(first, Settle::Done).await;
    settle(second, Settle::Requeue).await;
    let mut rest = BTreeSet::new();
    let mut heir = consume(fixture, WORK, 10).await;
    while rest.len() < 5 {
        let delivery = next(&mut heir).await;
        rest.insert(id(&delivery));
        settle(delivery, Settle::Done).await;
    }
    assert_eq!(rest, ["b", "c", "d", "e", "f"].map(str::to_owned).into());
    depth_becomes(fixture, WORK, 0, 0).await;
}

pub(crate) async fn a_lost_lease_says_so(fixture: &dyn Fixture) {
    publish(fixture, &["a"]).await;
    for verdict in [Settle::Done, Settle::Requeue, super::dead("too late"), super::later(Duration::ZERO)] {
        let mut consumer = consume(fixture, WORK, 4).await;
        let delivery = next(&mut consumer).await;
        let lost = delivery.lease.lost();
        assert!(!lost.is_cancelled());
        fixture.lose_leases().await;
        tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
        assert_eq!(delivery.lease.settle(verdict.clone()).await, Settled::LeaseLost, "{verdict:?}");
    }
    let mut consumer = consume(fixture, WORK, 4).await;
    let again = next(&mut consumer).await;
    assert_eq!(id(&again), "a");
    assert!(again.message.redelivered);
    settle(again, Settle::Done).await;
    nothing_comes(&mut consumer).await;
}

pub(crate) async fn closing_loses_leases_but_no_message(fixture: &dyn Fixture) {
    publish(fixture, &["a", "b"]).await;
    let broker = fixture.broker();
    let mut consumer = consume(fixture, WORK, 2).await;
    let held = next(&mut consumer).await;
    let lost = held.lease.lost();
    broker.close().await;
    tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
    assert_ne!(held.lease.settle(Settle::Done).await, Settled::Accepted);
    ends(&mut consumer).await;
    assert!(broker.publish(vec![work("c")]).await.is_err());
    assert!(broker.ready().await.is_err());
    fixture.restart().await;
    let mut consumer = consume(fixture, WORK, 2).await;
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let delivery = next(&mut consumer).await;
        assert!(delivery.message.redelivered || id(&delivery) != "a");
        seen.insert(id(&delivery));
        settle(delivery, Settle::Done).await;
    }
    assert_eq!(seen, ["a", "b"].map(str::to_owned).into());
}

pub(crate) async fn a_deleted_queue_ends_the_consumer(fixture: &dyn Fixture) {
    let broker = fixture.broker();
    let mut consumer = consume(fixture, WORK, 2).await;
    let _ = broker.take_created();
    if !fixture.delete_queue(WORK).await {
        return;
    }
    ends(&mut consumer).await;
    assert!(consumer.ended_because().is_some(), "somebody has to be told why");
    let mut consumer = consume(fixture, WORK, 2).await;
    assert!(broker.take_created().contains(&WORK), "the loss is told");
    let until = Instant::now() + PATIENCE;
    while broker.publish(vec![work("new")]).await.is_err() {
        assert!(Instant::now() < until, "the queue is usable again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let delivery = next(&mut consumer).await;
    assert_eq!(id(&delivery), "new");
    settle(delivery, Settle::Done).await;
}

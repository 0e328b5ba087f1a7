//! What each verdict does.

use std::time::{Duration, Instant};

use checkmate_domain::{ScanId, TraceParent};
use checkmate_queue::names::HEADER_REASON;
use checkmate_queue::{Destination, Outgoing, Queue, Settle};

use super::{
    Fixture, WORK, consume, dead, depth_becomes, id, later, next, nothing_comes, publish, settle, work,
};

pub(crate) async fn done_removes(fixture: &dyn Fixture) {
    publish(fixture, &["a"]).await;
    let mut consumer = consume(fixture, WORK, 2).await;
    settle(next(&mut consumer).await, Settle::Done).await;
    nothing_comes(&mut consumer).await;
    depth_becomes(fixture, WORK, 0, 0).await;
    fixture.restart().await;
    nothing_comes(&mut consume(fixture, WORK, 2).await).await;
}

pub(crate) async fn later_comes_not_before_asked_and_complete(fixture: &dyn Fixture) {
    let cause = TraceParent::of_request(&ScanId::derived(&["s"]));
    let mut sent = work("a").caused_by(cause);
    sent.headers.insert("checkmate-attempt".to_owned(), "2".to_owned());
    fixture.broker().publish(vec![sent.clone()]).await.unwrap();
    let mut consumer = consume(fixture, WORK, 2).await;
    for after in [Duration::from_millis(600), Duration::ZERO] {
        let delivery = next(&mut consumer).await;
        let asked = Instant::now();
        settle(delivery, later(after)).await;
        let again = next(&mut consumer).await;
        let waited = asked.elapsed();
        assert!(waited >= after, "came after {waited:?}, asked for {after:?}");
        assert!(waited <= fixture.back_within(after), "came only after {waited:?}");
        assert_eq!(id(&again), "a");
        assert_eq!((&*again.message.body, again.message.queue), (sent.body.as_slice(), WORK));
        assert_eq!(again.message.cause, Some(cause), "what caused it travels along");
        for (name, value) in &sent.headers {
            assert_eq!(again.message.headers.get(name), Some(value), "{name} travels along");
        }
        assert_eq!(again.message.headers.get(HEADER_REASON).map(String::as_str), Some("not yet"));
        assert_eq!(again.message.death, None);
        settle(again, Settle::Requeue).await;
    }
    settle(next(&mut consumer).await, Settle::Done).await;
    depth_becomes(fixture, WORK, 0, 0).await;
}

pub(crate) async fn a_long_delay_holds_up_no_short_one(fixture: &dyn Fixture) {
    publish(fixture, &["long", "short"]).await;
    let mut consumer = consume(fixture, WORK, 4).await;
    let (long, short) = (next(&mut consumer).await, next(&mut consumer).await);
    let after = Duration::from_millis(300);
    settle(long, later(Duration::from_mins(5))).await;
    let asked = Instant::now();
    settle(short, later(after)).await;
    publish(fixture, &["undelayed"]).await;
    let undelayed = next(&mut consumer).await;
    assert_eq!(id(&undelayed), "undelayed");
    settle(undelayed, Settle::Done).await;
    let short = next(&mut consumer).await;
    assert_eq!(id(&short), "short");
    assert!(asked.elapsed() <= fixture.back_within(after), "held up for {:?}", asked.elapsed());
    settle(short, Settle::Done).await;
    nothing_comes(&mut consumer).await;
}

pub(crate) async fn a_delay_survives_a_restart(fixture: &dyn Fixture) {
    publish(fixture, &["a"]).await;
    let mut consumer = consume(fixture, WORK, 4).await;
    let after = Duration::from_millis(900);
    let asked = Instant::now();
    settle(next(&mut consumer).await, later(after)).await;
    fixture.restart().await;
    let mut consumer = consume(fixture, WORK, 4).await;
    let again = next(&mut consumer).await;
    assert_eq!(id(&again), "a");
    assert!(asked.elapsed() >= after, "came after {:?}", asked.elapsed());
    settle(again, Settle::Done).await;
}

pub(crate) async fn dead_says_where_and_why(fixture: &dyn Fixture) {
    let mut sent = work("a");
    sent.headers.insert("checkmate-attempt".to_owned(), "9".to_owned());
    fixture.broker().publish(vec![sent.clone()]).await.unwrap();
    let mut consumer = consume(fixture, WORK, 4).await;
    settle(next(&mut consumer).await, dead("tenant acme does not exist")).await;
    nothing_comes(&mut consumer).await;
    fixture.restart().await;
    let mut graveyard = consume(fixture, Queue::Dead, 4).await;
    let body = next(&mut graveyard).await;
    let death = body.message.death.clone().expect("it died");
    assert_eq!(death.queue, WORK.name());
    assert!(death.reason.contains("tenant acme does not exist"), "{}", death.reason);
    assert_eq!((id(&body).as_str(), &*body.message.body), ("a", sent.body.as_slice()));
    assert_eq!(body.message.headers.get("checkmate-attempt").map(String::as_str), Some("9"));
    settle(body, Settle::Done).await;
    depth_becomes(fixture, Queue::Dead, 0, 0).await;

    let replay = Outgoing { to: Destination::Queue(WORK), ..sent };
    fixture.broker().publish(vec![replay]).await.unwrap();
    let replayed = next(&mut consume(fixture, WORK, 4).await).await;
    assert_eq!((id(&replayed).as_str(), replayed.message.death.clone()), ("a", None));
}

pub(crate) async fn a_dead_letter_put_off_keeps_its_death(fixture: &dyn Fixture) {
    publish(fixture, &["a"]).await;
    settle(next(&mut consume(fixture, WORK, 1).await).await, dead("unknown job")).await;
    let mut graveyard = consume(fixture, Queue::Dead, 4).await;
    for verdict in [later(Duration::from_millis(100)), Settle::Requeue, Settle::Done] {
        let body = next(&mut graveyard).await;
        assert_eq!(id(&body), "a");
        let death = body.message.death.clone().expect("it died");
        assert_eq!(death.queue, WORK.name(), "before {verdict:?}");
        assert!(death.reason.contains("unknown job"), "{} before {verdict:?}", death.reason);
        settle(body, verdict).await;
    }
    nothing_comes(&mut graveyard).await;
}

pub(crate) async fn requeue_comes_again(fixture: &dyn Fixture) {
    publish(fixture, &["a"]).await;
    let mut consumer = consume(fixture, WORK, 4).await;
    let first = next(&mut consumer).await;
    assert!(!first.message.redelivered);
    settle(first, Settle::Requeue).await;
    let again = next(&mut consumer).await;
    assert_eq!(id(&again), "a");
    assert!(again.message.redelivered);
    settle(again, Settle::Done).await;
    nothing_comes(&mut consumer).await;
}

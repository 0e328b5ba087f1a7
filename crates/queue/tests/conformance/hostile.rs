//! Messages nobody of us would send.

use checkmate_queue::{Outgoing, PublishError, Queue, Settle};

use super::{Fixture, WORK, consume, dead, id, next, nothing_comes, publish, settle, work};

pub(crate) async fn twenty_megabytes_do_no_harm(fixture: &dyn Fixture) {
    let body = vec![0xA5; 20 << 20];
    let huge = Outgoing { body: body.clone(), ..work("huge") };
    let stored = match fixture.broker().publish(vec![huge]).await {
        Ok(()) => true,
        Err(PublishError::Refused { .. }) => false,
        Err(other) => panic!("stored or refused, not {other:?}"),
    };
    publish(fixture, &["small"]).await;
    let mut consumer = consume(fixture, WORK, 4).await;
    if stored {
        let delivery = next(&mut consumer).await;
        assert_eq!(id(&delivery), "huge");
        assert!(*delivery.message.body == *body, "arrives unchanged");
        settle(delivery, dead("too large")).await;
    }
    let small = next(&mut consumer).await;
    assert_eq!(id(&small), "small");
    settle(small, Settle::Done).await;
    nothing_comes(&mut consumer).await;
}

pub(crate) async fn garbage_does_no_harm(fixture: &dyn Fixture) {
    let malformed = fixture.inject_malformed(WORK).await;
    let mut odd = work("odd \"id\" ä 🦀");
    odd.body = (0..=255).collect();
    odd.headers.insert("checkmate-odd".to_owned(), "line\nbreak \u{0} \" ' ü 🦀".to_owned());
    odd.headers.insert("checkmate-long".to_owned(), "x".repeat(20_000));
    odd.headers.insert("checkmate-empty".to_owned(), String::new());
    fixture.broker().publish(vec![odd.clone(), work("good")]).await.unwrap();
    let mut consumer = consume(fixture, WORK, 4).await;
    for _ in 0..malformed {
        settle(next(&mut consumer).await, dead("not one of ours")).await;
    }
    let delivery = next(&mut consumer).await;
    assert_eq!((id(&delivery), &*delivery.message.body), (odd.id.clone(), odd.body.as_slice()));
    for (name, value) in &odd.headers {
        assert_eq!(delivery.message.headers.get(name), Some(value));
    }
    settle(delivery, Settle::Done).await;
    let good = next(&mut consumer).await;
    assert_eq!(id(&good), "good");
    settle(good, Settle::Done).await;
    nothing_comes(&mut consumer).await;
    let mut graveyard = consume(fixture, Queue::Dead, 4).await;
    for _ in 0..malformed {
        let body = next(&mut graveyard).await;
        assert!(body.message.death.as_ref().is_some_and(|death| death.reason.contains("not one of ours")));
        settle(body, Settle::Done).await;
    }
    nothing_comes(&mut graveyard).await;
}

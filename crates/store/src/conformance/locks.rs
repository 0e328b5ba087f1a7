//! Laws of locks: one holder, and a token that tells an old one from a new one.

use std::time::Duration;

use crate::conformance::Fixture;
use crate::conformance::given::{AnyStore, LONG, SHORT, outlive_short};
use crate::{LockAttempt, LockGuard};

async fn take(store: &AnyStore, owner: &str, ttl: Duration) -> LockGuard {
    match store.lock("leader", owner, ttl).await.unwrap() {
        LockAttempt::Held(guard) => guard,
        other => panic!("{owner} should hold it, not {other:?}"),
    }
}

async fn refused(store: &AnyStore, owner: &str) -> (String, Duration) {
    match store.lock("leader", owner, LONG).await.unwrap() {
        LockAttempt::Other { owner, for_ } => (owner, for_),
        held @ LockAttempt::Held(_) => panic!("{owner} should not hold it: {held:?}"),
    }
}

/// A held lock names its holder to others; the same owner keeps it, and its token.
pub async fn a_lock_has_one_holder(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let guard = take(&store, "a", Duration::from_secs(30)).await;
    assert_eq!(guard.name, "leader");
    let (owner, left) = refused(&store, "b").await;
    assert_eq!(owner, "a");
    assert!(left > Duration::from_secs(20) && left <= Duration::from_secs(30), "{left:?}");
    assert_eq!(take(&store, "a", LONG).await, guard);
    let (_, left) = refused(&store, "b").await;
    assert!(left > Duration::from_secs(30), "taking it again renewed it: {left:?}");

    let other = store.lock("another", "b", LONG).await.unwrap();
    assert!(matches!(other, LockAttempt::Held(_)), "locks have nothing to do with each other");
    let store = fixture.reopen(store).await;
    assert_eq!(refused(&store, "b").await.0, "a");
    assert_eq!(store.renew_lock(&guard, LONG).await, Ok(true));
}

/// The token grows with every holder, freed or run out, and over restarts.
pub async fn the_token_of_a_lock_grows(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = take(&store, "a", LONG).await;
    store.unlock(&first).await.unwrap();
    let second = take(&store, "b", SHORT).await;
    assert!(second.token > first.token);
    outlive_short().await;
    let third = take(&store, "c", LONG).await;
    assert!(third.token > second.token);
    store.unlock(&third).await.unwrap();
    let store = fixture.reopen(store).await;
    let fourth = take(&store, "a", LONG).await;
    assert!(fourth.token > third.token, "the same owner as the first, but another hold");
}

/// A lock lasts as long as it is renewed, and cannot be renewed once lost.
pub async fn a_lock_is_renewed_or_lost(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let ttl = Duration::from_millis(400);
    let guard = take(&store, "a", ttl).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(store.renew_lock(&guard, ttl).await, Ok(true));
    }
    refused(&store, "b").await;
    tokio::time::sleep(Duration::from_millis(460)).await;
    assert_eq!(store.renew_lock(&guard, ttl).await, Ok(false), "it has run out");
    let taken = take(&store, "b", LONG).await;
    assert_eq!(store.renew_lock(&guard, ttl).await, Ok(false));
    assert_eq!(store.renew_lock(&taken, LONG).await, Ok(true));
    assert_eq!(refused(&store, "a").await.0, "b");
    store.unlock(&taken).await.unwrap();
    assert_eq!(store.renew_lock(&taken, ttl).await, Ok(false));
    let nobody = LockGuard { name: "nobody".to_owned(), token: 1 };
    assert_eq!(store.renew_lock(&nobody, ttl).await, Ok(false));
    store.unlock(&nobody).await.unwrap();
}

/// An old holder does not free the lock of a new one.
pub async fn only_the_holder_frees_a_lock(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let old = take(&store, "a", SHORT).await;
    outlive_short().await;
    let new = take(&store, "b", LONG).await;
    store.unlock(&old).await.unwrap();
    assert_eq!(refused(&store, "a").await.0, "b");
    store.unlock(&new).await.unwrap();
    store.unlock(&new).await.unwrap();
    take(&store, "a", LONG).await;
}

/// Of many who ask at once, one gets it.
pub async fn of_many_one_gets_the_lock(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        tasks.spawn(async move { store.lock("leader", &format!("owner-{n}"), LONG).await.unwrap() });
    }
    let mut held = 0;
    while let Some(answer) = tasks.join_next().await {
        held += u32::from(matches!(answer.unwrap(), LockAttempt::Held(_)));
    }
    assert_eq!(held, 1);
}

//! Laws of pauses.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conformance::Fixture;
use crate::conformance::given::{LONG, SHORT, outlive_short};

/// A pause holds for everybody until it is over; a shorter one does not cut it short.
pub async fn a_pause_holds_until_it_is_over(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.paused_for("auth0:a").await, Ok(None));
    store.pause("auth0:a", LONG).await.unwrap();
    store.pause("auth0:a", SHORT).await.unwrap();
    let left = store.paused_for("auth0:a").await.unwrap().unwrap();
    assert!(left <= LONG && left > LONG - Duration::from_secs(30), "{left:?}");
    assert_eq!(store.paused_for("auth0:b").await, Ok(None), "keys have nothing to do with each other");
    store.pause("auth0:c", SHORT).await.unwrap();
    assert!(store.paused_for("auth0:c").await.unwrap().is_some());
    outlive_short().await;
    assert_eq!(store.paused_for("auth0:c").await, Ok(None));
    let store = fixture.reopen(store).await;
    assert!(store.paused_for("auth0:a").await.unwrap().is_some(), "it outlives a restart");
}

/// A pace lets one call through at a time, whoever asks, and keeps to a pause that stands.
pub async fn of_many_who_ask_at_once_one_is_let_through(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        asking.spawn(async move { store.pace("teams:a", LONG).await.unwrap() });
    }
    let told = asking.join_all().await;
    assert_eq!(told.iter().filter(|wait| wait.is_none()).count(), 1, "{told:?}");
    assert!(told.iter().flatten().all(|wait| *wait <= LONG && *wait > LONG / 2), "{told:?}");
    assert!(store.paused_for("teams:a").await.unwrap().is_some(), "who asks without a pace waits too");
    assert_eq!(store.pace("teams:b", LONG).await, Ok(None), "keys have nothing to do with each other");
    store.pause("teams:c", LONG).await.unwrap();
    assert!(store.pace("teams:c", SHORT).await.unwrap().is_some(), "a vendor's word holds");
    assert_eq!(store.pace("teams:d", SHORT).await, Ok(None));
    outlive_short().await;
    assert_eq!(store.pace("teams:d", SHORT).await, Ok(None), "it is over by itself");
}

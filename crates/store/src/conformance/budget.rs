//! Laws of pauses.

use std::time::Duration;

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

//! Laws of looking: what is looked at stays as it was.

use std::time::Duration;

use crate::conformance::Fixture;
use crate::conformance::findings::key_id;
use crate::conformance::given::{LONG, SHORT, outlive_short};
use crate::{KeyCheck, LockAttempt};

/// A lock tells its holder to whoever looks, and is not taken by looking.
pub async fn a_lock_is_looked_at_without_taking_it(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.holder("leader").await, Ok(None));
    let LockAttempt::Held(guard) = store.lock("leader", "a", LONG).await.unwrap() else {
        panic!("looking took the lock")
    };
    let holder = store.holder("leader").await.unwrap().unwrap();
    let left = holder.until.since(store.now().await.unwrap());
    assert_eq!(holder.owner, "a");
    assert!(left > LONG - Duration::from_secs(30) && left <= LONG, "{left:?}");
    assert_eq!(store.holder("another").await, Ok(None), "locks have nothing to do with each other");
    store.unlock(&guard).await.unwrap();
    assert_eq!(store.holder("leader").await, Ok(None));

    store.lock("leader", "b", SHORT).await.unwrap();
    outlive_short().await;
    assert_eq!(store.holder("leader").await, Ok(None), "it has run out");
}

/// The key is told, and none is kept by asking.
pub async fn the_key_is_looked_at_without_keeping_one(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.kept_key().await, Ok(None));
    let second = key_id(2);
    assert_eq!(store.check_key(&second).await, Ok(KeyCheck::Same), "none was kept by looking");
    assert_eq!(store.kept_key().await, Ok(Some(second)));
}

/// A store names its software with a version.
pub async fn a_store_says_what_it_is(fixture: &dyn Fixture) {
    let software = fixture.store().await.software().await.unwrap();
    let (name, version) = software.split_once(' ').unwrap();
    assert!(["Redis", "SQLite"].contains(&name), "{software}");
    assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{software}");
}

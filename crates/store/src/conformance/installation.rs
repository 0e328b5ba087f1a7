//! Laws of what is kept once per installation.

use std::time::Duration;

use checkmate_domain::Timestamp;

use crate::KeyCheck;
use crate::conformance::Fixture;
use crate::conformance::findings::{key_id, store_report};
use crate::conformance::given::{create, new_scan, scan, sealed, tick};

/// The clock goes forward, and is near ours.
pub async fn the_clock_goes_forward(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut last = store.now().await.unwrap();
    for _ in 0..20 {
        tick().await;
        let now = store.now().await.unwrap();
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
    let ours = Timestamp::now();
    let apart = last.since(ours).max(ours.since(last));
    assert!(apart < Duration::from_secs(10), "{apart:?} apart");
    let (record, discover) = create(&store, &new_scan("a", 1)).await;
    assert!(record.created_at >= last && discover.released_at >= last);
    assert!(record.created_at <= store.now().await.unwrap());
}

/// An orderly restart loses nothing, and so changes no epoch.
pub async fn a_restart_keeps_everything(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let epoch = store.epoch().await.unwrap();
    assert!(!epoch.is_empty());
    assert_eq!(store.epoch().await, Ok(epoch.clone()));
    let (id, claimed) = sealed(&store, "a", 5, 2).await;
    store_report(&store, &claimed[0].id, 2).await;
    let attempt = crate::conformance::given::begin(&store, &claimed[1].id).await;
    let before = (scan(&store, &id).await, store.scan_jobs(&id, 0, 10).await, store.durability().await);

    let store = fixture.reopen(store).await;
    assert_eq!(store.epoch().await, Ok(epoch));
    let after = (scan(&store, &id).await, store.scan_jobs(&id, 0, 10).await, store.durability().await);
    assert_eq!(after, before);
    assert_eq!(store.unsettled_scans().await, Ok(vec![before.0]));
    assert_eq!(store.renew_fence(&attempt.fence, Duration::from_secs(9)).await, Ok(crate::Renewed::Held));
    let next = crate::conformance::given::begin(&store, &after.1.unwrap()[3].id).await;
    assert!(next.seq > attempt.seq, "the order goes on");
    store.close().await;
}

/// The first key is the installation's.
pub async fn the_first_key_is_kept(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (first, second) = (key_id(1), key_id(2));
    for _ in 0..2 {
        assert_eq!(store.check_key(&first).await, Ok(KeyCheck::Same));
        assert_eq!(store.check_key(&second).await, Ok(KeyCheck::Other(first.clone())));
    }
    let store = fixture.reopen(store).await;
    assert_eq!(store.check_key(&second).await, Ok(KeyCheck::Other(first.clone())));
    assert_eq!(store.check_key(&first).await, Ok(KeyCheck::Same));
}

/// When a queue was found missing is kept per queue, the last time of each.
pub async fn the_last_time_a_queue_was_created_is_kept(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.queue_created_at("one").await, Ok(None));
    let before = store.now().await.unwrap();
    store.note_queue_created("one").await.unwrap();
    let first = store.queue_created_at("one").await.unwrap().unwrap();
    assert!(first >= before && first <= store.now().await.unwrap());
    assert_eq!(store.queue_created_at("two").await, Ok(None));
    tick().await;
    store.note_queue_created("one").await.unwrap();
    let second = store.queue_created_at("one").await.unwrap().unwrap();
    assert!(second > first);
    let store = fixture.reopen(store).await;
    assert_eq!(store.queue_created_at("one").await, Ok(Some(second)));
}

/// Registering an export again moves it.
pub async fn an_export_is_registered_under_one_path(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.exports().await, Ok(Vec::new()));
    for (name, path) in
        [("b", "/exports/b"), ("a", "/exports/a"), ("b", "/exports/new é"), ("a", "/exports/a")]
    {
        store.set_export(name, path).await.unwrap();
    }
    let store = fixture.reopen(store).await;
    let mut exports = store.exports().await.unwrap();
    exports.sort();
    let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
    assert_eq!(exports, [pair("a", "/exports/a"), pair("b", "/exports/new é")]);
}
